"""The classical generator that needs no weights: regions of uniform texture."""
