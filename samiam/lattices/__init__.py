"""Lattices: the reflections of a spectrum, the basis that explains them, and which of them may be one."""
