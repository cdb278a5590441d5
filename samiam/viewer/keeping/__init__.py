"""Corrected images on disk, as segmentations, and back."""
