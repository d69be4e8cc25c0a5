"""Written forms: which one a text is in, and bringing texts to a common shape."""
