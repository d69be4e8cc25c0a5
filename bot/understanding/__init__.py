"""One pure function: (text, history, index) -> what the person wants."""
