"""Content as files: what leaves for a translator or for git, and what comes back."""
