"""Microscopes: from an ideal image to what the detector reads."""
