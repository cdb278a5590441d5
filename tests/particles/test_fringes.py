from __future__ import annotations

import numpy as np
import pytest
from made_fringes import gold, support, waves, with_discs

from samiam.errors import InputError
from samiam.particles.fringes import (
    Fringes,
    find_fringes,
    probability_of,
    runs_through,
    scale_of,
    strange_spacing_nm,
)
from samiam.particles.reflections import reflections_of

GOLD = reflections_of("Au")


def test_periods_and_directions() -> None:
    image = support((300, 340)) + waves((300, 340), (7.3, 20.0), (11.0, 140.0))
    found = find_fringes(image)
    order = np.argsort(found.periods_px)
    assert found.periods_px[order] == pytest.approx([7.3, 11.0], rel=0.01)
    degrees = np.rad2deg(np.arctan2(*found.frequencies[order].T)) % 180
    assert degrees == pytest.approx([20.0, 140.0], abs=1.0)


def test_an_amorphous_film_has_none() -> None:
    assert [len(find_fringes(support((400, 400), seed)).frequencies) for seed in range(8)] == [0] * 8


def test_scale_and_offset_do_not_matter() -> None:
    image = with_discs((256, 256), (100, 120, 60, gold(0.04)))
    assert find_fringes(3e4 * image - 7.0).periods_px == pytest.approx(find_fringes(image).periods_px, rel=1e-6)


def test_what_enlarging_leaves_in_a_file_is_none() -> None:
    """A grid of dots far weaker than the image itself."""
    image = 100 * support((256, 256)) + waves((256, 256), (2.7, 0.0), (2.7, 90.0))
    assert len(find_fringes(image).frequencies) == 0


@pytest.mark.parametrize("size_nm", [0.012, 0.02, 0.033, 0.05])
def test_the_pixel_size_by_the_fringes_of_gold(size_nm: float) -> None:
    px = 1 / size_nm
    image = with_discs((512, 512), (200, 220, 4 * px, gold(size_nm, 10)), (400, 420, 2 * px, gold(size_nm, 47)))
    found = scale_of(find_fringes(image), GOLD)
    assert found is not None
    assert found.pixel_size_nm == pytest.approx(size_nm, rel=0.02)
    assert found.confidence > 0.9
    assert probability_of(find_fringes(image), GOLD, size_nm) > 0.9
    assert probability_of(find_fringes(image), GOLD, 1.3 * size_nm) < 0.01


def test_one_set_of_planes_does_not_say_which_it_is() -> None:
    found = scale_of(find_fringes(with_discs((256, 256), (128, 128, 70, ((6.0, 30.0),)))), GOLD)
    assert found is not None
    assert found.n_planes == 1
    assert found.pixel_size_nm == pytest.approx(0.2355 / 6, rel=0.02)
    assert found.confidence < 0.7


def test_nothing_to_go_by() -> None:
    nothing = find_fringes(support((256, 256)))
    assert scale_of(nothing, GOLD) is None
    assert probability_of(nothing, GOLD, 0.04) == 1.0
    assert strange_spacing_nm(nothing, 0.04) is None
    assert find_fringes(np.zeros((40, 300))).n_windows == 0
    assert not find_fringes(np.zeros((300, 300))).n_showing


def test_one_lattice_through_the_whole_image_or_particles_on_a_support() -> None:
    whole = support((600, 600)) + 2 * waves((600, 600), *gold(0.04))
    assert runs_through(find_fringes(whole))
    on_support = with_discs((600, 600), (200, 220, 120, gold(0.04, 10)), (450, 420, 90, gold(0.04, 47)))
    assert not runs_through(find_fringes(on_support))


def test_planes_that_hardly_any_lattice_has() -> None:
    fringes = Fringes(np.array([[0.1, 0.0], [0.0, 0.1]]), 9, 3, 2)
    assert strange_spacing_nm(fringes, 0.03) is None
    assert strange_spacing_nm(fringes, 0.2) == pytest.approx(2.0)
    assert strange_spacing_nm(fringes, 0.005) == pytest.approx(0.05)


def test_reflections() -> None:
    by_hand = [0.40786 / np.sqrt(sum_of_squares) for sum_of_squares in (3, 4, 8, 11)]
    assert [one.spacing_nm for one in GOLD] == pytest.approx(by_hand)
    wurtzite = reflections_of("CdSe")
    assert [one.spacing_nm for one in wurtzite][:3] == pytest.approx([0.3724, 0.351, 0.3289], abs=2e-4)
    by_hand = {"TiO2": 0.3516, "Fe3O4": 0.4846, "Fe": 0.2027, "PbS": 0.3427, "Co": 0.2171}  # of the widest
    assert {name: reflections_of(name)[0].spacing_nm for name in by_hand} == pytest.approx(by_hand, abs=2e-4)
    for material in ("Au", "CdSe", "Si", "CeO2", *by_hand):
        assert sum(one.share for one in reflections_of(material)) == pytest.approx(1)
    with pytest.raises(
        InputError, match=r"material='Gold': its lattice is not known here. Known are Au, .*CdSe.*pixel_size"
    ):
        reflections_of("Gold")
    with pytest.raises(InputError, match="did you mean 'Au'"):
        reflections_of("au")
