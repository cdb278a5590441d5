"""`samiam evaluate`, and evaluate.py: what is compared on what."""
