"""What the command line does, apart from its words."""
