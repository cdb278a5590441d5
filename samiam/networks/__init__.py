"""Plain networks that several rooms share; they know torch and nothing of micrographs."""
