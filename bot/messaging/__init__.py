"""What came in, what goes out, and who speaks."""
