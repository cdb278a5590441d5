"""Results as other programs read them: ImageJ, QuPath and shapely, Label Studio, a browser."""
