"""Lattices of grains as a table, and the phases that fit them."""
