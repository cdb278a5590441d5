"""Settings of the training of what tells stacking faults."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from samiam.settings import Count, NotNegative, Positive, RunSeed, settings


@settings
class BoostingRecipe:
    """How our trees are grown, each to mend what those before it leave wrong.

    Attributes:
        rounds: of a tree for each class.
        learning_rate: share of what a tree would change that it does.
        leaves: of a tree at most.
        least_leaf: examples in a leaf at least.
        features: share of the numbers, drawn anew for each node, that it may ask for.
        penalty: on the squares of what leaves say.
        seed: of the numbers that a node may ask for.
    """

    rounds: Count = 200
    learning_rate: Positive = 0.06
    leaves: Annotated[int, Field(ge=2, le=1000)] = 31
    least_leaf: Count = 30
    features: Annotated[float, Field(gt=0, le=1)] = 0.3
    penalty: NotNegative = 5.0
    seed: RunSeed = 0


@settings
class ForestRecipe:
    """How the paper's forest is grown.

    Attributes:
        trees: how many (500: Groschner et al. 2021).
        least_leaf: examples in a leaf at least. With 2 a forest is three times as large and no better.
        seed: of the examples that a tree is grown on, and of the numbers that a node may ask for.
    """

    trees: Count = 500
    least_leaf: Count = 10
    seed: RunSeed = 0


TreeRecipe = BoostingRecipe | ForestRecipe


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
