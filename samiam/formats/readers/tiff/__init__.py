"""TIFF: pages, what their numbers stand for, and the many places of a pixel size."""
