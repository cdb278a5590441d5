"""Scenes of real crystals: a micrograph with its truth for each specimen and microscope, and the benchmark of 82."""
