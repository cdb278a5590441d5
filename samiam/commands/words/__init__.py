"""The words of each command, and what it takes from them."""
