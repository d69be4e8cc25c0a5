"""Door 2: what Rasa calls. Flat: one file per topic."""
