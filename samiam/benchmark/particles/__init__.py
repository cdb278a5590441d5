"""Finders of particles and classifiers of faults on particles that are known."""
