"""`samiam polar`."""
