"""Door 1: the messengers of the people who ask."""
