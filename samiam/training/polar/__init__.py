"""Training of the network that finds ends and junctions of stripes."""
