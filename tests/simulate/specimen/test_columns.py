from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import KDTree
from scipy.stats import norm

from simulate.library.materials import Dopant, Material
from simulate.specimen.columns import Columns, place_columns
from simulate.specimen.lamella import Lamella
from simulate.specimen.layers import Boundary, Interface, Layer, Specimen
from simulate.specimen.stack import Stack, build_stack

A_STO = 3.905


def placed(*layers: Layer, seed: int = 0, half_A: float = 80.0, **given: object) -> tuple[Stack, Columns]:
    stack = build_stack(np.random.default_rng(seed), Specimen(layers, **given), 2 * half_A)  # type: ignore[arg-type]
    return stack, place_columns(np.random.default_rng(seed + 1), stack, (half_A, half_A))


def test_bulk_has_its_density_and_its_neighbours() -> None:
    _, found = placed(Layer("SrTiO3"))
    assert len(found) == pytest.approx(4 * 160**2 / A_STO**2, rel=0.03)
    for site, distance_A in (("A", A_STO), ("BO", A_STO), ("O", A_STO / 2**0.5)):
        xy_A = found.xy_A[found.site == site]
        assert np.allclose(KDTree(xy_A).query(xy_A, k=2)[0][:, 1], distance_A)
    from_a = KDTree(found.xy_A[found.site == "A"]).query(found.xy_A[found.site == "BO"])[0]
    assert np.median(from_a) == pytest.approx(A_STO / 2**0.5)


def test_up_is_towards_smaller_y() -> None:
    _, found = placed(Layer("SrTiO3"), Layer("LaFeO3"), first_interface_A=20.0)
    assert found.xy_A[found.layer == 0, 1].min() > -20 > found.xy_A[found.layer == 1, 1].max()


@pytest.mark.parametrize("roughness_A", [0.0, 6.0])
def test_perovskite_on_perovskite_goes_on_as_one_lattice(roughness_A: float) -> None:
    _, found = placed(Layer("SrTiO3", top=Interface(roughness_A, 40.0)), Layer("LaFeO3"))
    near = np.abs(found.xy_A[:, 1]) < 20
    for site in ("A", "BO"):
        xy_A = found.xy_A[(found.site == site) & near]
        inner = (np.abs(xy_A[:, 0]) < 70) & (np.abs(xy_A[:, 1]) < 14)
        distances = KDTree(xy_A).query(xy_A[inner], k=5)[0][:, 1:]
        assert np.abs(distances - A_STO).max() < 0.25  # the film is 1 % taller than the substrate


def test_every_column_is_inside_its_layer() -> None:
    stack, found = placed(
        Layer("Ge", top=Interface(5.0, 40.0)),
        Layer("SrTiO3", 40.0, Interface(5.0), (Boundary("grain", 0.0, 10.0, 15.0),)),
        Layer("Vac"),
    )
    x_A, h_A = stack.unstrained(*found.xy_A.T)
    assert (stack.layer_at(x_A, h_A) == found.layer).all()
    assert set(found.layer) == {0, 1}
    for domain in (0, 1):
        chosen = (found.layer == 1) & (found.domain == domain)
        assert (stack.domain_at(1, x_A[chosen], h_A[chosen]) == domain).all()


def test_an_antiphase_domain_is_half_a_cell_higher() -> None:
    _, found = placed(Layer("SrTiO3", boundaries=(Boundary("antiphase", 0.0),)))
    is_a = found.site == "A"
    left, right = (found.xy_A[is_a & (found.domain == d)] for d in (0, 1))
    phases = [np.angle(np.exp(2j * np.pi * part[:, 1] / A_STO).mean()) / (2 * np.pi) for part in (left, right)]
    assert abs(phases[0] - phases[1]) == pytest.approx(0.5, abs=1e-6)
    lateral = [np.angle(np.exp(2j * np.pi * part[:, 0] / A_STO).mean()) for part in (left, right)]
    assert lateral[0] == pytest.approx(lateral[1])


@pytest.mark.parametrize("rotation_deg", [-17.0, 8.0, 30.0])
def test_a_grain_is_turned_from_x_towards_h(rotation_deg: float) -> None:
    _, found = placed(Layer("SrTiO3", boundaries=(Boundary("grain", 0.0, rotation_deg=rotation_deg),)))
    xy_A = found.xy_A[(found.site == "A") & (found.domain == 1)]
    tree = KDTree(xy_A)
    pairs = tree.query_pairs(A_STO * 1.05, output_type="ndarray")
    dx, dy = (xy_A[pairs[:, 1]] - xy_A[pairs[:, 0]]).T
    angles_deg = np.rad2deg(np.arctan2(-dy, dx))
    turned_deg = np.angle(np.exp(4j * np.deg2rad(angles_deg)).mean(), deg=True) / 4
    assert (turned_deg - rotation_deg + 45) % 90 - 45 == pytest.approx(0, abs=1e-6)


def test_columns_keep_apart_where_crystals_meet() -> None:
    grain = Boundary("grain", 0.0, 5.0, 11.0)
    _, found = placed(Layer("Ge", top=Interface(6.0, 30.0)), Layer("SrTiO3", boundaries=(grain,)))
    assert KDTree(found.xy_A).query(found.xy_A, k=2)[0][:, 1].min() >= 1.1
    cations = found.where(found.site != "O")
    pairs = KDTree(cations.xy_A).query_pairs(1.7, output_type="ndarray")
    assert (cations.layer[pairs[:, 0]] == cations.layer[pairs[:, 1]]).all()
    assert (cations.layer[pairs] == 0).all()  # the dumbbells of germanium


def test_a_coherent_interface_loses_no_column() -> None:
    _, found = placed(Layer("SrTiO3"), Layer("LaFeO3"))
    _, bulk = placed(Layer("SrTiO3"), half_A=80.0)
    assert len(found) == pytest.approx(len(bulk), rel=0.02)


def test_dopants_are_drawn_atom_by_atom() -> None:
    _, found = placed(Layer("La-SrTiO3"), thickness_A=200.0)
    share = found.shares[found.site == "A", found.entries.index("LaFeO3_100_001")]
    n_atoms = round(200 / A_STO)
    assert share.mean() == pytest.approx(0.15, abs=4 * np.sqrt(0.15 * 0.85 / n_atoms / len(share)))
    assert share.var() == pytest.approx(0.15 * 0.85 / n_atoms, rel=0.15)
    assert np.allclose(share * n_atoms, np.rint(share * n_atoms))
    assert (found.shares[found.site != "A", found.entries.index("LaFeO3_100_001")] == 0).all()
    assert np.allclose(found.shares.sum(axis=1), 1)


@pytest.mark.parametrize(
    ("view", "site", "doped"),
    [("100", "A", {"A"}), ("110", "A", {"AO"}), ("100", "B", {"BO"}), ("110", "B", {"B"}), ("100", "O", {"O", "BO"})],
)
def test_a_dopant_goes_to_the_columns_of_its_site(view: str, site: str, doped: set[str]) -> None:
    material = Material("doped", "SrTiO3", (Dopant(site, "LaFeO3", 0.5),))
    _, found = placed(Layer(material), view=view, half_A=40.0)
    assert set(found.site[found.shares[:, 1] > 0]) == doped


def test_several_dopants_of_a_site_never_exceed_it() -> None:
    material = Material("doped", "SrTiO3", (Dopant("A", "LaFeO3", 0.5), Dopant("A", "LaMnO3", 0.5)))
    _, found = placed(Layer(material), thickness_A=40.0)
    assert found.shares.min() >= -1e-12
    is_a = found.site == "A"
    assert found.shares[is_a].mean(axis=0) == pytest.approx([0, 0.5, 0.5], abs=0.02)


def test_mixing_is_an_error_function_on_both_sides() -> None:
    _, found = placed(Layer("SrTiO3", top=Interface(mixing_A=6.0)), Layer("LaFeO3"), half_A=150.0)
    is_a = found.site == "A"
    iron = found.shares[is_a, found.entries.index("LaFeO3_100_001")]
    h_A = -found.xy_A[is_a, 1]
    for low_A in np.arange(-16, 16, 4.0):
        inside = (h_A >= low_A) & (h_A < low_A + 4)
        assert iron[inside].mean() == pytest.approx(norm.cdf(h_A[inside] / 6.0).mean(), abs=0.02)


def test_relaxation_moves_planes_away_from_what_is_below() -> None:
    _, flat = placed(Layer("Ge"), Layer("SrTiO3"))
    _, relaxed = placed(Layer("Ge"), Layer("SrTiO3"), relaxation_A=0.5)
    lift_A = flat.xy_A[:, 1] - relaxed.xy_A[:, 1]
    assert np.allclose(lift_A[flat.layer == 0], 0)
    assert 0.3 < lift_A[flat.layer == 1].max() < 0.5
    assert (lift_A[flat.layer == 1] >= 0).all()


def test_relaxation_opens_a_boundary() -> None:
    boundary = Layer("SrTiO3", boundaries=(Boundary("antiphase", 0.0),))
    (_, flat), (_, relaxed) = placed(boundary), placed(boundary, relaxation_A=0.5)
    shift_A = relaxed.xy_A[:, 0] - flat.xy_A[:, 0]
    assert (shift_A[flat.domain == 0] <= 0).all()
    assert (shift_A[flat.domain == 1] >= 0).all()
    assert np.abs(shift_A).max() > 0.4


def test_tilts_add_up() -> None:
    grain = Boundary("grain", 0.0, tilt_mrad=(3.0, -4.0))
    _, found = placed(Layer("SrTiO3", boundaries=(grain,)), tilt_mrad=(1.0, 2.0))
    assert np.allclose(found.tilt_mrad[found.domain == 0], (1, 2))
    assert np.allclose(found.tilt_mrad[found.domain == 1], (4, -2))


def test_nothing_crystalline_has_no_columns() -> None:
    _, found = placed(Layer("C"), Layer("Vac"))
    assert len(found) == 0
    assert found.entries == ()


def test_crystals_along_a_leaning_boundary_fill_the_depth_together() -> None:
    """Without the chain of missing columns that an upright boundary leaves."""
    grain = Boundary("grain", 0.0, rotation_deg=9.0)
    lamella = Lamella(lean_A=(24.0, 0.0))
    _, upright = placed(Layer("SrTiO3", boundaries=(grain,)), thickness_A=200.0)
    _, leaning = placed(Layer("SrTiO3", boundaries=(grain,)), thickness_A=200.0, lamella=lamella)
    assert set(upright.depth_share) == {1.0}
    partial = leaning.depth_share < 1
    assert 0.02 < partial.mean() < 0.3
    assert leaning.depth_share.min() > 0
    assert set(leaning.domain[partial]) == {0, 1}
    near = [np.abs(found.xy_A[:, 0]) < 16 for found in (upright, leaning)]
    filled = [found.depth_share[here].sum() for found, here in zip((upright, leaning), near, strict=True)]
    assert filled[1] > filled[0]
    assert filled[1] == pytest.approx(4 * 32 * 160 / A_STO**2, rel=0.06)
