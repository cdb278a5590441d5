"""Training of the network that finds particles."""
