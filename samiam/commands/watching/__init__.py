"""`samiam watch`: a folder that a microscope fills; results of each micrograph, and a line on it, as it lands."""
