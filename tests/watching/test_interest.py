"""Where to look next, on specimens of which the answer is plain."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from samiam.errors import InputError
from samiam.records import Masks, Micrograph, Segmentation
from samiam.watching import interest, where_to_look


def found(labels: Any, **facts: Any) -> tuple[Micrograph, Segmentation]:
    size_nm = facts.pop("pixel_size_nm", 0.1)
    labels = np.asarray(labels)
    micrograph = Micrograph(np.zeros(labels.shape, np.float32), pixel_size_nm=size_nm)
    masks = Masks.from_arrays([], labels.shape)
    return micrograph, Segmentation(labels, [], int(labels.max()), True, masks, **facts)


def two_halves(height: int = 100, width: int = 200, at: int = 60) -> Any:
    labels = np.ones((height, width), int)
    labels[:, at:] = 2
    return labels


def test_an_interface_is_in_the_middle_of_the_field() -> None:
    best, *others = where_to_look(*found(two_halves()), "interface", (4.0, 4.0))
    assert best.score == pytest.approx(4.0, abs=0.1)
    assert best.box_px[0] <= 59.5 <= best.box_px[2]
    assert best.offset[0] == pytest.approx(-4.0, abs=2.0)
    assert best.field == (4.0, 4.0)
    assert best.unit == "nm"
    assert all(place.box_px[1] + 1 >= 0 and place.box_px[3] <= 101 for place in (best, *others))


def test_it_goes_on_beyond_the_edge_where_the_field_is_as_large_as_the_image() -> None:
    places = where_to_look(*found(two_halves()), "interface", (20.0, 10.0))
    assert sorted(place.offset[1] for place in places) == pytest.approx([-9.0, 9.0], abs=0.11)
    assert [place.offset[0] for place in places] == pytest.approx([-4.0, -4.0], abs=1.0)


@pytest.mark.parametrize("field", [(2e3, 2e3), (1e9, 1e9)])
def test_a_field_of_any_size_takes_no_longer(field: tuple[float, float], monkeypatch: pytest.MonkeyPatch) -> None:
    blurred = list[Any]()
    whole = interest.gaussian_filter

    def noting(density: Any, sigma: Any, **facts: Any) -> Any:
        blurred.append(sigma)
        return whole(density, sigma, **facts)

    monkeypatch.setattr(interest, "gaussian_filter", noting)
    places = where_to_look(*found(two_halves()), "interface", field)
    assert [place.field for place in places] == [field, field]
    assert blurred == [[100 / 8, 200 / 8]], "no further than the image goes"


def test_grain_boundaries_are_within_a_material() -> None:
    grains = two_halves(at=60)
    grains[:, 150:] = 3
    labels = np.where(grains == 3, 2, 1)
    micrograph, segmentation = found(labels, grains=grains)
    (best, *_) = where_to_look(micrograph, segmentation, "grain_boundary", (3.0, 3.0))
    assert best.box_px[0] <= 59.5 <= best.box_px[2]
    (other, *_) = where_to_look(micrograph, segmentation, "interface", (3.0, 3.0))
    assert other.box_px[0] <= 149.5 <= other.box_px[2]


def test_a_material_by_its_name_or_number() -> None:
    micrograph, segmentation = found(two_halves(at=150), names=["SrTiO3", "Ge"])
    for what in ("material:Ge", "material:2"):
        (best, *_) = where_to_look(micrograph, segmentation, what, (3.0, 3.0))
        assert best.score == pytest.approx(9.0)
        assert best.box_px[0] >= 149
    assert where_to_look(micrograph, segmentation, "material:Pt", (3.0, 3.0)) == []


def test_what_is_uncertain() -> None:
    labels = two_halves(at=150)
    labels[:10, :10] = 0
    micrograph, segmentation = found(labels, confidences=[0.9, 0.2])
    (best, *_) = where_to_look(micrograph, segmentation, "uncertain", (5.0, 5.0))
    assert best.box_px[0] >= 149
    assert best.score == pytest.approx(0.8 * 25)


def test_nothing_of_interest() -> None:
    assert where_to_look(*found(np.ones((50, 50), int)), "interface", (2.0, 2.0)) == []


def test_places_are_apart() -> None:
    places = where_to_look(*found(two_halves(height=300)), "interface", (5.0, 5.0), n=4)
    tops = sorted(place.box_px[1] for place in places)
    assert len(tops) == 4
    assert min(np.diff(tops)) >= 25


def test_without_a_pixel_size_all_is_in_px() -> None:
    (best, *_) = where_to_look(*found(two_halves(), pixel_size_nm=None), "interface", (40, 40), n=1)
    assert best.unit == "px"
    assert set(best.facts()) == {"score", "box_px", "offset_px", "field_px"}


@pytest.mark.parametrize("what", ["interfaces", "material:", ""])
def test_what_is_of_interest_to_nobody(what: str) -> None:
    with pytest.raises(InputError, match="give one of interface, grain_boundary"):
        where_to_look(*found(two_halves()), what, (2.0, 2.0))


def test_a_field_smaller_than_a_pixel() -> None:
    with pytest.raises(InputError, match="smaller than a pixel"):
        where_to_look(*found(two_halves()), "interface", (0.01, 2.0))
