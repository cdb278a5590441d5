"""Layers: which way they are stacked, where each begins and ends, how rough and wide its interfaces are."""
