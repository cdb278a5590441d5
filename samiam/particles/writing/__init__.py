"""Particles and their statistics as files: tables, labels, pictures, a report; and reading them back."""
