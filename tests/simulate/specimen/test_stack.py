from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samiam.errors import InputError
from simulate.library.materials import MATERIALS, Material
from simulate.specimen.lamella import Lamella
from simulate.specimen.layers import Boundary, Interface, Layer, Specimen
from simulate.specimen.stack import PlaneCell, Stack, Waves, build_stack, plane_cell

PEROVSKITES = ("SrTiO3", "LaFeO3", "LaMnO3", "WO3", "La0.8Sr0.2FeO3", "Nb-SrTiO3")


def built(*layers: Layer, seed: int = 0, reach_A: float = 200.0, **given: object) -> Stack:
    return build_stack(np.random.default_rng(seed), Specimen(layers, **given), reach_A)  # type: ignore[arg-type]


def cell_of(name: str, view: str = "100") -> PlaneCell:
    cell = plane_cell(MATERIALS[name], view)  # type: ignore[arg-type]
    assert cell is not None
    return cell


def places(cell: PlaneCell) -> dict[str, set[tuple[float, float]]]:
    found: dict[str, set[tuple[float, float]]] = {}
    for u, v, site in zip(cell.u, cell.v, cell.sites, strict=True):
        found.setdefault(site, set()).add((round(float(u), 3), round(float(v), 3)))
    return found


@pytest.mark.parametrize("name", PEROVSKITES)
def test_perovskites_are_in_registry(name: str) -> None:
    reference, here = places(cell_of("SrTiO3")), places(cell_of(name))
    assert here == {site: reference[site] for site in here}
    assert set(reference) - set(here) <= {"A"}


@pytest.mark.parametrize("name", [*PEROVSKITES, "Ge"])
@pytest.mark.parametrize("view", ["100", "110"])
def test_borders_of_cells_run_half_way_between_planes(name: str, view: str) -> None:
    cell = cell_of(name, view)
    for fractions in (cell.u, cell.v):
        assert fractions.min() == pytest.approx(1 - fractions.max())
        assert fractions.min() > 0.1


def test_cells_have_the_crystals_periods() -> None:
    assert (cell_of("SrTiO3").a_A, cell_of("SrTiO3").c_A) == pytest.approx((3.905, 3.905))
    assert (cell_of("SrTiO3", "110").a_A, cell_of("SrTiO3", "110").c_A) == pytest.approx((3.905 * 2**0.5, 3.905))
    assert (cell_of("Ge").a_A, cell_of("Ge").c_A) == pytest.approx((5.6579 / 2**0.5, 5.6579))
    assert (cell_of("Ge").steps, cell_of("SrTiO3").steps) == (2, 1)
    assert cell_of("La0.8Sr0.2FeO3").a_A == pytest.approx(MATERIALS["La0.8Sr0.2FeO3"].lattice_A)
    assert plane_cell(MATERIALS["C"], "100") is None


def test_a_coherent_film_takes_the_period_below_and_keeps_its_elastic_energy_low() -> None:
    for name in ("LaFeO3", "LaMnO3", "La0.8Sr0.2FeO3", "WO3"):
        stack = built(Layer("SrTiO3"), Layer(name))
        below, film = stack.cells
        assert below is not None
        assert film is not None
        own = cell_of(name)
        assert film.a_A == pytest.approx(3.905, rel=1e-12)
        assert stack.x_origin_A[0] == stack.x_origin_A[1]
        assert (film.c_A - own.c_A) * (film.a_A - own.a_A) < 0
        assert film.c_A == pytest.approx(own.c_A, rel=0.03)


def test_a_relaxed_film_has_its_own_period_and_the_next_follows_it() -> None:
    stack = built(Layer("SrTiO3"), Layer("LaFeO3", 80.0, relaxed=1.0), Layer("SrTiO3"))
    periods = [cell.a_A for cell in stack.cells if cell]
    assert periods == pytest.approx([3.905, cell_of("LaFeO3").a_A, cell_of("LaFeO3").a_A])
    assert stack.x_origin_A[0] != stack.x_origin_A[1] == stack.x_origin_A[2]


def test_crystals_too_different_do_not_strain() -> None:
    wide = Material("wide", "SrTiO3", lattice_A=4.2)
    film = built(Layer("SrTiO3"), Layer(wide)).cells[1]
    assert film is not None
    assert film.a_A == pytest.approx(4.2)


@given(st.integers(0, 10_000), st.floats(0, 20), st.floats(10, 200), st.sampled_from(["Ge", "SrTiO3"]))
@settings(max_examples=25, deadline=None, derandomize=True)
def test_steps_are_whole_planes_and_stand_between_columns(
    seed: int, rough_A: float, terrace_A: float, name: str
) -> None:
    stack = built(Layer(name, top=Interface(rough_A, terrace_A)), Layer("Vac"), seed=seed)
    cell, top = stack.cells[0], stack.tops[0]
    assert cell is not None
    planes = top.heights_A / (cell.c_A / cell.steps)
    assert np.allclose(planes, np.rint(planes))
    assert abs((top.start_A - stack.x_origin_A[0]) / cell.a_A % 1) in (pytest.approx(0), pytest.approx(1))
    assert top.start_A <= -200
    assert top.start_A + top.step_A * len(top.heights_A) >= 200


def test_roughness_is_the_root_mean_square() -> None:
    heights_A = built(Layer("C", top=Interface(6.0, 50.0)), Layer("Vac"), reach_A=5000.0).tops[0].heights_A
    assert heights_A.std() == pytest.approx(6.0, rel=1e-6)
    stepped_A = built(Layer("SrTiO3", top=Interface(6.0, 50.0)), Layer("Vac"), reach_A=5000.0).tops[0].heights_A
    assert stepped_A.std() == pytest.approx(np.hypot(6.0, 3.905 / 12**0.5), rel=0.03)  # and rounding's own


def test_flat_layers_are_whole_cells_thick() -> None:
    stack = built(Layer("SrTiO3"), Layer("LaFeO3", 41.0), Layer("C", 33.3), Layer("Vac"), first_interface_A=7.0)
    film = stack.cells[1]
    assert film is not None
    tops_A = [float(top.heights_A.mean()) for top in stack.tops]
    assert tops_A == pytest.approx([7.0, 7.0 + 10 * film.c_A, 7.0 + 10 * film.c_A + 33.3])
    at_A = np.array([6.99, 7.01, 7 + 10 * film.c_A + 33.2, 7 + 10 * film.c_A + 33.4])
    assert stack.layer_at(np.zeros(4), at_A).tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("coverage", [0.2, 0.5, 0.9])
def test_islands_cover_their_share(coverage: float) -> None:
    stack = built(Layer("SrTiO3"), Layer("Ge", 30.0, coverage=coverage, island_A=60.0), Layer("Vac"), reach_A=3000.0)
    x_A = np.linspace(-3000, 3000, 6001)
    assert (stack.layer_at(x_A, np.full_like(x_A, 5.0)) == 1).mean() == pytest.approx(coverage, abs=0.01)
    assert set(stack.layer_at(x_A, np.full_like(x_A, 5.0))) == {1, 2}
    between = stack.layer_at(x_A, np.full_like(x_A, 5.0)) == 2
    assert np.allclose(stack.surface_at(1, x_A)[between], 0)


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None, derandomize=True)
def test_layers_follow_each_other_where_they_pinch_out(seed: int) -> None:
    rough = Interface(8.0, 30.0)
    stack = built(
        Layer("SrTiO3", top=rough), Layer("LaFeO3", 4.0, rough), Layer("Ge", 6.0, rough), Layer("C"), seed=seed
    )
    x_A, h_A = np.meshgrid(np.linspace(-100, 100, 101), np.linspace(-60, 60, 121))
    assert (np.diff(stack.layer_at(x_A, h_A), axis=0) >= 0).all()


@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.02]))
@settings(max_examples=20, deadline=None, derandomize=True)
def test_a_layer_lies_between_its_surfaces_strained_or_not(seed: int, strain: float) -> None:
    island = Layer("Ge", 20.0, Interface(3.0, 30.0), coverage=0.5, island_A=60.0)
    stack = built(Layer("SrTiO3", top=Interface(6.0, 30.0)), island, Layer("C"), seed=seed, strain=strain)
    x_A, y_A = np.meshgrid(np.linspace(-100, 100, 101), np.linspace(-60, 60, 121))
    from_x_A, h_A = stack.unstrained(x_A, y_A)
    below = sum((h_A >= stack.surface_at(index, from_x_A)).astype(int) for index in (0, 1))
    np.testing.assert_array_equal(stack.layer_at(from_x_A, h_A), below)
    np.testing.assert_array_equal(stack.layer_seen_at(x_A, y_A), below)
    lowest, highest = stack.layers_seen_between(y_A)
    assert ((lowest <= below) & (below <= highest)).all()
    assert (lowest == highest).mean() > 0.5  # or nothing is gained


def test_without_surfaces_there_is_one_layer() -> None:
    stack = built(Layer("SrTiO3"), strain=0.01)
    assert not stack.layer_seen_at(np.zeros(3), np.array([-1e6, 0.0, 1e6])).any()


def test_boundaries_count_from_the_left_in_whatever_order() -> None:
    one, two = Boundary("grain", -40.0, rotation_deg=5.0), Boundary("grain", 40.0, rotation_deg=9.0)
    x_A, h_A = np.linspace(-150, 150, 301), np.full(301, 20.0)
    for order in ((one, two), (two, one)):
        stack = built(Layer("SrTiO3"), Layer("LaFeO3", boundaries=order))
        domain = stack.domain_at(1, x_A, h_A)
        assert domain[[0, 150, -1]].tolist() == [0, 1, 2]
        assert (np.diff(domain) >= 0).all()
        assert [one.rotation_deg for one in stack.domains[1]] == [0.0, 5.0, 9.0]


def test_a_boundary_leans_as_told() -> None:
    stack = built(Layer("SrTiO3", boundaries=(Boundary("antiphase", 10.0, 30.0),)))
    h_A = np.linspace(0, 400, 401)
    x_A = -stack.beyond_A(0, Boundary("antiphase", 10.0, 30.0), np.zeros_like(h_A), h_A)
    slope, start = np.polyfit(h_A, x_A, 1)
    assert slope == pytest.approx(np.tan(np.deg2rad(30)), abs=0.03)
    assert start == pytest.approx(10, abs=5)


def test_two_antiphase_boundaries_undo_each_other() -> None:
    pair = (Boundary("antiphase", -10.0), Boundary("antiphase", 10.0))
    shifts = [domain.shift_A[1] for domain in built(Layer("SrTiO3", boundaries=pair)).domains[0]]
    assert shifts == pytest.approx([0, 3.905 / 2, 0])


@given(st.integers(0, 10_000), st.floats(0.001, 0.02))
@settings(max_examples=20, deadline=None, derandomize=True)
def test_strain_is_undone(seed: int, strain: float) -> None:
    stack = built(Layer("SrTiO3"), seed=seed, strain=strain)
    x_A, h_A = np.random.default_rng(seed).uniform(-150, 150, (2, 200))
    back_x, back_h = stack.unstrained(*stack.strained(x_A, h_A))
    assert np.abs(np.stack([back_x - x_A, back_h - h_A])).max() < 0.02
    moved = np.stack(stack.strained(x_A, h_A)) - [x_A, -h_A]
    assert np.linalg.norm(moved, axis=0).max() <= stack.displacement.largest + 1e-4


def test_strain_and_bending_have_their_root_mean_squares() -> None:
    x_A, y_A = np.meshgrid(np.linspace(-4000, 4000, 801), np.linspace(-4000, 4000, 801))
    dilatations, bendings = [], []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        field = Waves.displacement(rng, 0.01, (150.0, 500.0))
        ux, uy = field.at(x_A + 0.5, y_A), field.at(x_A, y_A + 0.5)
        back_x, back_y = field.at(x_A - 0.5, y_A), field.at(x_A, y_A - 0.5)
        dilatations.append(float(np.mean((ux[0] - back_x[0] + uy[1] - back_y[1]) ** 2)))
        bendings.append(float(np.mean(Waves.scalar(rng, 7.0, (150.0, 500.0)).at(x_A, y_A) ** 2)))
    assert np.sqrt(np.mean(dilatations)) == pytest.approx(0.01, rel=0.05)
    assert np.sqrt(np.mean(bendings)) == pytest.approx(7.0, rel=0.05)


def test_the_wedge_and_the_least_thickness() -> None:
    stack = built(Layer("SrTiO3"), thickness_A=100.0, wedge=(0.1, -0.2))
    x_A, y_A = np.array([0.0, 50.0, 0.0, 0.0]), np.array([0.0, 0.0, 50.0, 1000.0])
    assert stack.thickness_at(x_A, y_A) == pytest.approx([100, 105, 90, 10])


def test_crystals_without_common_sites_do_not_mix() -> None:
    with pytest.raises(InputError, match="Ge and SrTiO3 have no sites in common; set mixing_A=0"):
        built(Layer("Ge", top=Interface(mixing_A=2.0)), Layer("SrTiO3"))
    with pytest.raises(InputError, match="SrTiO3 and C have no sites in common"):
        built(Layer("SrTiO3", top=Interface(mixing_A=2.0)), Layer("C"))


class TestLamella:
    """Interfaces that lean, edges that thin out, islands with sides."""

    def test_shares_of_the_depth_fall_across_a_leaning_interface_and_sum_to_one(self) -> None:
        stack = built(Layer("SrTiO3"), Layer("Vac"), lamella=Lamella(lean_A=(0.0, 9.0)))
        h_A = np.linspace(-8, 8, 65)
        x_A = np.zeros_like(h_A)
        shares = [stack.depth_share(layer, None, x_A, h_A) for layer in (0, 1)]
        np.testing.assert_allclose(shares[0] + shares[1], 1)
        assert (np.diff(shares[0]) <= 0).all()
        from_surface_A = h_A - stack.surface_at(0, x_A)
        np.testing.assert_allclose(shares[0], np.clip(0.5 - from_surface_A / 9, 0, 1), atol=0.5 / 9 + 1e-9)

    def test_an_upright_interface_is_all_or_nothing(self) -> None:
        stack = built(Layer("SrTiO3"), Layer("Vac"))
        share = stack.depth_share(0, None, np.zeros(9), np.linspace(-3, 3, 9))
        assert set(share) == {0.0, 1.0}

    def test_crystals_beside_a_leaning_boundary_share_the_depth(self) -> None:
        grain = Boundary("grain", 0.0, rotation_deg=5.0)
        stack = built(Layer("SrTiO3", boundaries=(grain,)), lamella=Lamella(lean_A=(20.0, 0.0)))
        x_A = np.linspace(-30, 30, 31)
        shares = [stack.depth_share(0, domain, x_A, np.zeros_like(x_A)) for domain in (0, 1)]
        np.testing.assert_allclose(shares[0] + shares[1], 1)
        assert ((shares[0] > 0) & (shares[0] < 1)).sum() == pytest.approx(10, abs=1)

    def test_an_edge_to_vacuum_thins_out(self) -> None:
        stack = built(Layer("SrTiO3"), Layer("Vac"), thickness_A=200.0, lamella=Lamella(thinning_A=30.0))
        behind_A = np.array([0.0, 30.0, 300.0])
        at_A = stack.surface_at(0, np.zeros(3)) - behind_A
        assert stack.thickness_at(np.zeros(3), -at_A) == pytest.approx([10, 200 * (1 - np.exp(-1)), 200], rel=1e-3)
        buried = built(Layer("SrTiO3"), Layer("C"), thickness_A=200.0, lamella=Lamella(thinning_A=30.0))
        assert buried.thickness_at(np.zeros(3), -at_A) == pytest.approx(200)

    def test_relief_is_self_affine(self) -> None:
        stack = built(Layer("Ge"), thickness_A=200.0, lamella=Lamella(relief_A=8.0), reach_A=400.0)
        x_A, y_A = np.meshgrid(*[np.arange(-400.0, 400.0, 4.0)] * 2)
        relief_A = stack.thickness_at(x_A, y_A) - 200
        assert relief_A.std() == pytest.approx(8, rel=0.25)
        step, stride = (np.sqrt(np.mean((relief_A[:, n:] - relief_A[:, :-n]) ** 2)) for n in (1, 8))
        assert 1.5 < stride / step < 8

    def test_lost_channelling_is_a_share_about_its_mean(self) -> None:
        stack = built(Layer("Ge"), lamella=Lamella(dechannelling=0.3), reach_A=400.0)
        lost = stack.lost_channelling_at(*np.meshgrid(*[np.arange(-400.0, 400.0, 8.0)] * 2))
        assert lost.mean() == pytest.approx(0.3, rel=0.2)
        assert lost.min() >= 0
        assert lost.max() <= 0.6

    def test_islands_are_lower_at_their_sides(self) -> None:
        heights = {}
        for facet_deg in (90.0, 45.0):
            island = Layer("WO3", 60.0, coverage=0.5, island_A=300.0, facet_deg=facet_deg)
            stack = built(Layer("SrTiO3"), island, Layer("Vac"), reach_A=2000.0, seed=1)
            heights[facet_deg] = stack.tops[1].heights_A - stack.bases_A[1]
        steep, faceted = heights[90.0], heights[45.0]
        np.testing.assert_array_equal(np.isfinite(steep), np.isfinite(faceted))
        inside = np.isfinite(steep)
        assert (faceted[inside] > 0).all()
        assert (faceted[inside] <= steep[inside] + 1e-9).all()
        first = np.flatnonzero(np.diff(inside.astype(int)) == 1)[0] + 1
        assert faceted[first] < 0.2 * steep[first]
        assert faceted[inside].max() == pytest.approx(steep[inside].max())
