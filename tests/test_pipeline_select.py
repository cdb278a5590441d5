from __future__ import annotations

import numpy as np
import pytest

from samiam import Pointer, build_generator, select
from samiam.errors import InputError
from samiam.records import Micrograph


def bands() -> Micrograph:
    """A bright band on a dark one, each with a noise of its own."""
    rng = np.random.default_rng(0)
    dark, bright = rng.normal(0.2, 0.03, (160, 256)), rng.normal(0.7, 0.1, (96, 256))
    return Micrograph(np.concatenate([dark, bright]).clip(0, 1).astype(np.float32))


def test_each_pointer_selects_a_material() -> None:
    found = select(bands(), [Pointer(point=(100, 220)), Pointer(box=(0, 0, 256, 160))])
    upper, lower = found.labels[40, 128], found.labels[230, 128]
    assert {int(upper), int(lower)} == {1, 2}
    assert (found.labels[:150] == upper).mean() > 0.9
    assert (found.labels[170:] == lower).mean() > 0.9
    assert [decision.rule for decision in found.decisions] == ["pointed_at", "pointed_at"]
    assert [decision.material for decision in found.decisions] == [lower, upper]
    assert (found.n_materials, found.n_materials_given) == (2, True)


def test_one_material_alone() -> None:
    found = select(bands(), [Pointer(point=(100, 220))])
    assert found.labels.max() == 1
    assert found.labels[40, 128] == 0


def test_refusals() -> None:
    with pytest.raises(InputError, match="nothing is pointed at"):
        select(bands(), [])
    with pytest.raises(InputError, match="texture takes no clicks"):
        select(bands(), [Pointer(point=(1, 1))], generator=build_generator("texture"))  # type: ignore[arg-type]
    with pytest.raises(InputError, match="point 256,3 lies outside"):
        select(bands(), [Pointer(point=(256, 3))])
