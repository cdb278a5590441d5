"""Steps in a crystal, of which doped films are told that no window of an image shows."""
