"""Fine-tuning on a few labelled micrographs, beside simulated ones so that nothing is forgotten."""
