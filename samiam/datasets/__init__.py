"""Labelled micrographs as scenes: from folders, exports and the paper's record, as they are or taken otherwise."""
