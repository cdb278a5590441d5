"""Settings of the training of what tells stacking faults."""

from __future__ import annotations

from samiam.settings import Count, RunSeed, settings


@settings
class ForestRecipe:
    """How a forest is grown.

    Attributes:
        trees: how many (500: Groschner et al. 2021).
        least_leaf: examples in a leaf at least. With 2 a forest is three times as large and no better.
        seed: of the examples that a tree is grown on, and of the numbers that a node may ask for.
    """

    trees: Count = 500
    least_leaf: Count = 10
    seed: RunSeed = 0


@settings
class RegionRules:
    """How many regions there are of each specimen.

    Attributes:
        pictures: of each specimen to learn from, each under conditions of its own.
        test_pictures: of each specimen to calibrate by or to test on.
        empty: regions of each picture that hold no particle.
        seed: of all draws.
    """

    pictures: Count = 6
    test_pictures: Count = 3
    empty: Count = 2
    seed: RunSeed = 0
