"""Training of classifiers on simulated crops."""
