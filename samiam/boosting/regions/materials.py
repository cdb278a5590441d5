"""Materials that are found to be fewer, more or otherwise drawn, and what is known of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from samiam.boosting.merging import numbered_by_area
from samiam.boosting.regions.division.dividing import Division
from samiam.records.arrays import numbers_in


@dataclass(frozen=True, eq=False)
class Materials:
    """Materials by falling area.

    Attributes:
        labels: uint32 (H, W), 0 where not segmented.
        became: the number of what each label became, by that label less 1; none for one that lost all its pixels.
        faint: pairs that nothing but a step tells apart.
        lookalikes: pairs that nothing but their lattices tells apart.
        is_two: how probable it is that the only one is two after all.
    """

    labels: NDArray[np.uint32]
    became: Mapping[int, int]
    faint: Sequence[tuple[int, int]] = ()
    lookalikes: Sequence[tuple[int, int]] = ()
    is_two: float = 0.0

    def told(self, parts: Division, told: Sequence[int]) -> Materials:
        """With some parts as materials of their own, which only their lattices tell; numbers of these are new."""
        labels, by_place = numbered_by_area(np.array([0, *told], np.uint32)[parts.labels])
        number = {old: by_place[old - 1] for old in set(told)}
        became = {label: number[old] for label, old in self.became.items()}
        apart = renumbered_pairs(zip(parts.material_of, told, strict=True), number)
        return Materials(labels, became, renumbered_pairs(self.faint, number), apart, self.is_two)

    def joined(self, same: Mapping[int, int]) -> Materials:
        """With each of some materials, the keys, as part of another one."""
        into = np.array([same.get(number, number) for number in range(int(self.labels.max()) + 1)], np.uint32)
        return self.redrawn(into[self.labels], same)

    def redrawn(self, drawn: NDArray[np.uint32], same: Mapping[int, int]) -> Materials:
        """As they are drawn anew, (H, W), some of them, the keys, as part of another one."""
        labels, by_place = numbered_by_area(drawn)
        number = {old: by_place[same.get(old, old) - 1] for old in numbers_in(self.labels)}
        became = {label: number[old] for label, old in self.became.items()}
        into_one = Counter(number.values())  # of what has taken up another one not only its lattice may tell
        alone = [pair for pair in self.lookalikes if all(into_one[number[one]] == 1 for one in pair)]
        return Materials(
            labels, became, renumbered_pairs(self.faint, number), renumbered_pairs(alone, number), self.is_two
        )


def renumbered_pairs(pairs: Iterable[tuple[int, int]], number: Mapping[int, int]) -> list[tuple[int, int]]:
    """Pairs of materials by their new numbers, the lower one first; none of what has become one."""
    found = [sorted((number[one], number[other])) for one, other in pairs]
    return sorted({(low, high) for low, high in found if low != high})
