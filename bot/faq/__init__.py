"""FAQ entries: the vetted answers and the facts that carry them."""
