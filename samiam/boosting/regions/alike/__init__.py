"""What parts of an image look like, and which are of one material or of one lattice."""
