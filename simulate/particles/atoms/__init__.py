"""Atoms of one particle: materials, how planes are stacked, outlines, views, and where particles lie on a film."""
