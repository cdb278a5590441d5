"""Reports as HTML pages that need no other file: what they share."""
