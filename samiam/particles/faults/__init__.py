"""Whether the stacking of a particle is faulty, by its fringes."""
