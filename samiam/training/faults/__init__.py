"""Training of classifiers of faults on simulated particles."""
