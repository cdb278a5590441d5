"""What is dear about an image, worked out once, and how."""
