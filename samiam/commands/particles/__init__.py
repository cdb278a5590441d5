"""`samiam particles` and `samiam particles-statistics`."""
