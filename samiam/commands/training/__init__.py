"""`samiam train`, and train.py: what learns from what."""
