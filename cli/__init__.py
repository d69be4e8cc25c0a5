"""The command `dalil`."""
