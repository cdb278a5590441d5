from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from made_fringes import gold, support, waves, with_discs
from refusals import refusal

from samiam.errors import InputError
from samiam.particles.fringes import find_fringes
from samiam.particles.reflections import reflections_of
from samiam.particles.scale import doubts, with_scale
from samiam.records import Micrograph

TWO = with_discs((512, 512), (200, 220, 110, gold(0.04, 10)), (400, 420, 60, gold(0.04, 47)))


def unknown(pixels: object = TWO, **more: Any) -> Micrograph:
    return Micrograph(pixels, name="here", **more)  # type: ignore[arg-type]


def test_who_says_it() -> None:
    known = Micrograph(TWO, pixel_size_nm=0.03)
    assert (with_scale(known, None, None)[0].pixel_size_nm, with_scale(known, None, "Au")[1]) == (0.03, "file")
    given, source = with_scale(known, 0.05, "Au")
    assert (given.pixel_size_nm, source) == (0.05, "given")
    by_fringes, source = with_scale(unknown(), None, "Au")
    assert source == "fringes"
    assert by_fringes.pixel_size_nm == pytest.approx(0.04, rel=0.02)


def test_pixels_that_are_not_square() -> None:
    squeezed = TWO.reshape(512, 256, 2).mean(axis=2)  # half as many columns of twice the width
    found, _ = with_scale(unknown(squeezed, pixel_aspect=0.5), None, "Au")
    assert found.pixel_size_nm == pytest.approx(0.08, rel=0.02)
    assert found.pixel_height_nm == pytest.approx(0.04, rel=0.02)


def test_it_is_never_guessed() -> None:
    with pytest.raises(
        InputError, match=r"^here: how large a pixel is .*; give pixel_size_nm \(--pixel-size-nm\), or the material"
    ):
        with_scale(unknown(), None, None)
    with pytest.raises(
        InputError, match=r"fringes, of which there are none; give pixel_size_nm \(--pixel-size-nm\)\.$"
    ):
        with_scale(unknown(np.clip(support((300, 300)) / 10 + 0.5, 0, 1)), None, "Au")
    with pytest.raises(InputError, match=r"^lab/p16\.tif: how large a pixel is .*; give size, or the material"):
        with_scale(unknown(metadata={"path": "lab/p16.tif"}), None, None, remedy="give size")
    one_set = with_discs((256, 256), (128, 128, 70, ((6.0, 30.0),)))
    with pytest.raises(
        InputError, match=r"one set of fringes: of Au they would be at 0\.039\d? nm/px, .* 0\.\d\d only"
    ):
        with_scale(unknown(one_set), None, "Au")
    with pytest.raises(InputError, match="material='gold'"):
        with_scale(unknown(), 0.04, "gold")


def test_a_wrong_pixel_size() -> None:
    fringes = find_fringes(TWO)
    assert doubts(fringes, 0.04, "Au") is None
    assert doubts(fringes, 0.04, None) is None
    assert re.match(
        r"the fringes are those of Au at 0\.0(4|399|40\d) nm/px, not at 0\.06", str(doubts(fringes, 0.06, "Au"))
    )
    assert "nm apart at 0.4 nm/px, as hardly any lattice's" in str(doubts(fringes, 0.4, None))
    assert "nm apart at 0.004 nm/px" in str(doubts(fringes, 0.004, None))


def test_atomic_columns_everywhere() -> None:
    whole = find_fringes(support((600, 600)) + 2 * waves((600, 600), *gold(0.04)))
    assert "as in a crystal or in atomic columns under STEM" in str(doubts(whole, 0.04, "Au"))


@pytest.mark.parametrize("material", [5, ["Au"], None])
def test_a_material_that_is_no_name(material: Any) -> None:
    assert refusal(lambda: reflections_of(material)) == f"material={material!r}: give the name of one, as 'Au'."
