"""One thing done to each of several files: which they are, where results go, who does it."""
