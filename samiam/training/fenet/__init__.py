"""Training of FENet, on crops of random lattices and on the Describable Textures Dataset."""
