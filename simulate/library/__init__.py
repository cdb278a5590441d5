"""What crystals and films are made of, and what a column of their atoms adds to an image, worked out by multislice."""
