"""Lattices of grains: reflections of the spectrum, the basis that explains them, phases that fit."""
