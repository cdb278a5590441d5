"""What finds and links ends and junctions of stripes, compared on simulated videos."""
