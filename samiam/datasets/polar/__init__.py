"""Frames in which people have marked the ends and junctions of stripes."""
