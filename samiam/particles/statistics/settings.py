"""Settings of the statistics of particles."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from samiam.errors import InputError
from samiam.settings import NotNegative, Rising, Seed, settings


@settings
class StatisticsOptions:
    """How particles are counted together.

    Attributes:
        bin_edges_nm: between size bins, in nm of diameter; what lies outside is in no bin; round ones where null.
        resamples: of the bootstrap; 1000 or more for intervals by percentiles (Efron & Tibshirani 1993).
        seed: of the bootstrap.
    """

    bin_edges_nm: Annotated[tuple[NotNegative, ...], Field(min_length=2), Rising] | None = None
    resamples: Annotated[int, Field(ge=100)] = 2000
    seed: Seed = 0

    def __post_init__(self) -> None:
        edges = self.bin_edges_nm or ()
        if len(set(edges)) < len(edges):
            raise InputError(f"bin_edges_nm={list(edges)}: two edges are the same, so that a bin has no width.")
