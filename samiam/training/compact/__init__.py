"""Training of the compact network on whole scenes."""
