"""Stand-ins for the messaging providers: programs with state that answer and deliver as documented."""
