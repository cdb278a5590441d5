"""What is known of materials is kept where they are joined."""

from __future__ import annotations

import numpy as np

from samiam.boosting.regions.materials import Materials


def test_what_has_taken_up_another_material_is_no_longer_told_by_its_lattice_alone() -> None:
    labels = np.repeat([[1, 2, 3]], [3, 2, 1], axis=1).astype(np.uint32)
    before = Materials(labels, {0: 1, 1: 2, 2: 3}, faint=[(1, 3)], lookalikes=[(1, 2)])
    assert before.joined({}).lookalikes == [(1, 2)]
    assert before.joined({3: 2}).lookalikes == []
    assert before.joined({2: 1}).lookalikes == []
    assert before.joined({2: 1}).faint == [(1, 2)]
