"""Nanoparticles in HRTEM: where they are, how large, and whether their stacking is faulty."""
