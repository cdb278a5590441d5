"""SAM+: masks from a grid of point prompts, by the segment-anything networks (the paper's baseline)."""
