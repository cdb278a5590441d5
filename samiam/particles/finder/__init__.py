"""What finds particles: the protocol, and a small network with a watershed."""
