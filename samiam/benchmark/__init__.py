"""Scenes and methods to rows of scores, tables and figures."""
