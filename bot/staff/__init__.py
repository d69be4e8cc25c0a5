"""Members of staff: who they are, what they may do, when they work."""
