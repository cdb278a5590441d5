"""What learns from crops of labelled images: FENet, and the classifier."""
