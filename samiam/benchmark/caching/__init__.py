"""Results that need not be worked out again, known by the code that made them."""
