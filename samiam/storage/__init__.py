"""Files on disk: their hashes, downloads, checkpoints, and weights with their cards."""
