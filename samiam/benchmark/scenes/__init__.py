"""The scenes of a run: where they come from, and how they would be had they been taken otherwise."""
