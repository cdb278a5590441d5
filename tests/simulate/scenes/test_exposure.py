from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import ndimage, optimize
from scipy.spatial import KDTree

from samiam.errors import InputError
from simulate.imaging import stem
from simulate.imaging.stem import Optics, Scan
from simulate.library import entries
from simulate.scenes.exposure import Acquisition, Exposure, compose, expose, ideal_image, truth
from simulate.specimen.columns import Columns, place_columns
from simulate.specimen.layers import Boundary, Interface, Layer, Specimen
from simulate.specimen.stack import Stack, build_stack

PIXEL_A = 0.25
SHAPE = (192, 192)


def acquisition(optics: Optics | None = None, detector: str = "HAADF", dose: float = 1e5, **scan: Any) -> Acquisition:
    optics = optics or Optics(source_fwhm_A=0.6)
    return Acquisition(Scan(SHAPE, PIXEL_A, **scan), dose, optics=optics, detector=detector)


def ideal(specimen: Specimen, optics: Optics, detector: str = "HAADF", seed: int = 0) -> tuple[Stack, Columns, Any]:
    """A specimen's columns, and its noise-free image as a function of positions (…, 2)."""
    stack = build_stack(np.random.default_rng(seed), specimen, 80.0)
    found = ideal_image(
        stack, acquisition(optics, detector), (40.0, 40.0), np.random.default_rng(seed), np.random.default_rng(seed)
    )
    standing = place_columns(np.random.default_rng(seed), stack, (20.0, 20.0))

    def at(positions_A: np.ndarray) -> np.ndarray:
        return stem.sample(found.image, found.pixel_A, found.origin_xy_A, np.atleast_2d(positions_A)[None])[0]

    return stack, standing, at


def wave_per_A(counts: np.ndarray, near_per_A: tuple[float, float]) -> np.ndarray:
    """The (kx, ky) of the strongest wave near a given one, to a fraction of a pixel of the spectrum."""
    windowed = (counts - counts.mean()) * np.outer(np.hanning(counts.shape[0]), np.hanning(counts.shape[1]))
    y_A, x_A = (np.arange(n) * PIXEL_A for n in counts.shape)

    def amplitude(k: np.ndarray) -> float:
        return -float(np.abs(np.exp(-2j * np.pi * k[1] * y_A) @ windowed @ np.exp(-2j * np.pi * k[0] * x_A)))

    steps = np.linspace(-0.03, 0.03, 13)
    start = min(
        ((near_per_A[0] + a, near_per_A[1] + b) for a in steps for b in steps), key=lambda k: amplitude(np.array(k))
    )
    return np.asarray(optimize.minimize(amplitude, start, method="Nelder-Mead", options={"xatol": 1e-6}).x)


# the detector


def test_its_range_is_that_of_all_but_a_thousandth_of_the_pixels_at_either_end() -> None:
    """With so many electrons that noise takes no room; 3 % of the range are left (`stem.exposed`)."""
    counts = expose(Specimen((Layer("SrTiO3"),)), acquisition(dose=1e9), seed=1).counts
    np.testing.assert_allclose(np.percentile(counts, (0.1, 99.9)) / 65535, (0.03, 0.97), atol=0.004)


# crystals


@pytest.mark.parametrize("near_per_A", [(1 / 3.905, 0.0), (0.0, 1 / 3.905), (1 / 3.905, 1 / 3.905)])
def test_planes_of_strontium_titanate(near_per_A: tuple[float, float]) -> None:
    counts = expose(Specimen((Layer("SrTiO3"),)), acquisition(), seed=1).counts.astype(float)
    kx, ky = wave_per_A(counts, near_per_A)
    for found, expected in zip((kx, ky), near_per_A, strict=True):
        assert found == pytest.approx(expected, rel=0.01, abs=0.002)


def test_planes_of_germanium() -> None:
    counts = expose(Specimen((Layer("Ge"),)), acquisition(), seed=1).counts.astype(float)
    a_A = 5.6579
    for near_per_A in ((2**0.5 / a_A, 1 / a_A), (2 * 2**0.5 / a_A, 0.0), (0.0, 4 / a_A)):  # 111, 220, 004
        found = wave_per_A(counts, near_per_A)
        assert found == pytest.approx(near_per_A, rel=0.01, abs=0.002)
    assert 1 / np.hypot(*wave_per_A(counts, (2**0.5 / a_A, 1 / a_A))) == pytest.approx(3.267, rel=0.01)  # d(111)


def test_planes_are_seen_turned_the_other_way() -> None:
    counts = expose(Specimen((Layer("SrTiO3"),)), acquisition(rotation_deg=12.0), seed=1).counts.astype(float)
    turned = np.deg2rad(-12)
    near = (np.cos(turned) / 3.905, np.sin(turned) / 3.905)
    kx, ky = wave_per_A(counts, near)
    assert np.rad2deg(np.arctan2(ky, kx)) == pytest.approx(-12, abs=0.3)
    assert np.hypot(kx, ky) == pytest.approx(1 / 3.905, rel=0.01)


def test_column_ratio_is_the_librarys_and_falls_with_thickness() -> None:
    entry = entries.read_entry("SrTiO3_100_001")
    images = entry.arrays["images_300kV"][entry.detector_index(300, "HAADF")].astype(float)
    ratios = []
    for index in (1, 4, 8):
        thickness_A = float(entry.arrays["thickness_A"][index])
        _, standing, at = ideal(Specimen((Layer("SrTiO3"),), thickness_A=thickness_A), Optics(source_fwhm_A=0.0))
        sr, ti = (at(standing.xy_A[standing.site == site]) for site in ("A", "BO"))
        assert sr.std() < 0.01 * sr.mean()
        ratios.append(sr.mean() / ti.mean())
        middle = images[index].shape[0] // 2
        assert ratios[-1] == pytest.approx(images[index, 0, 0] / images[index, middle, middle], rel=0.12)
    assert ratios[0] > ratios[-1] > 1


@pytest.mark.parametrize(("source_fwhm_A", "is_resolved"), [(0.6, True), (2.5, False)])
def test_germanium_dumbbells(source_fwhm_A: float, is_resolved: bool) -> None:
    optics = Optics(energy_kV=300, convergence_mrad=22, source_fwhm_A=source_fwhm_A)
    _, standing, at = ideal(Specimen((Layer("Ge"),), thickness_A=100.0), optics)
    pairs = KDTree(standing.xy_A).query_pairs(1.5, output_type="ndarray")
    ends = standing.xy_A[pairs]
    assert np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1) == pytest.approx(5.6579 / 4)
    dip = at(ends.mean(axis=1)).mean() / at(ends[:, 0]).mean()
    assert (dip < 0.8) == is_resolved
    assert is_resolved or dip > 1


@pytest.mark.parametrize("name", ["SrTiO3", "Ge"])
@pytest.mark.parametrize("detector", ["HAADF", "ADF"])
def test_brightness_grows_with_thickness(name: str, detector: str) -> None:
    grid_A = np.stack(np.meshgrid(np.arange(-12, 12, 0.3), np.arange(-12, 12, 0.3)), axis=-1).reshape(-1, 2)
    means = []
    for thickness_A in (60.0, 120.0, 180.0, 240.0, 300.0):
        _, _, at = ideal(Specimen((Layer(name),), thickness_A=thickness_A), Optics(), detector)
        means.append(float(at(grid_A).mean()))
    assert (np.diff(means) > 0).all()


def test_brightness_grows_with_atomic_number() -> None:
    columns_mean = {}
    for name in ("SrTiO3", "LaFeO3"):
        _, standing, at = ideal(Specimen((Layer(name),), thickness_A=150.0), Optics())
        columns_mean[name] = [at(standing.xy_A[standing.site == site]).mean() for site in ("A", "BO")]
    assert columns_mean["LaFeO3"][0] > 1.2 * columns_mean["SrTiO3"][0]  # La 57, Sr 38
    assert columns_mean["LaFeO3"][1] > columns_mean["SrTiO3"][1]  # Fe 26, Ti 22


# truth

INTERFACES = [Interface(), Interface(5.0, 25.0), Interface(9.0, 12.0)]
SCANS: list[dict[str, Any]] = [
    {},
    {"rotation_deg": 17.0},
    {"rotation_deg": -64.0, "shear_deg": 3.0, "drift_A_per_s": (20.0, -30.0), "wander_A": 1.0},
]


def seen(specimen: Specimen, scan: dict[str, Any], seed: int = 3) -> tuple[Stack, Columns, np.ndarray]:
    stack = build_stack(np.random.default_rng(seed), specimen, 90.0)
    positions_A = stem.scan_positions(np.random.default_rng(seed), Scan(SHAPE, PIXEL_A, **scan))
    return stack, place_columns(np.random.default_rng(seed), stack, (60.0, 60.0)), positions_A


def near_borders(labels: np.ndarray) -> np.ndarray:
    """Pixels that touch a pixel of another label, corners included."""
    return np.asarray(ndimage.maximum_filter(labels, 3) != ndimage.minimum_filter(labels, 3))


@pytest.mark.parametrize("top", INTERFACES)
@pytest.mark.parametrize("scan", SCANS)
def test_borders_of_labels_are_where_the_columns_change(top: Interface, scan: dict[str, Any]) -> None:
    stack, standing, positions_A = seen(Specimen((Layer("SrTiO3", top=top), Layer("LaFeO3"))), scan)
    labels, _, materials = truth(stack, positions_A)
    assert materials == ["SrTiO3", "LaFeO3"]
    nearest = standing.layer[KDTree(standing.xy_A).query(positions_A)[1]] + 1
    assert not ((nearest != labels) & ~near_borders(labels)).any()
    assert (nearest != labels).mean() < 0.01


@pytest.mark.parametrize("top", INTERFACES)
@pytest.mark.parametrize("scan", SCANS)
def test_columns_lie_on_their_label(top: Interface, scan: dict[str, Any]) -> None:
    """Whatever meets, strained and relaxed: steps of germanium, which do not fit those of the perovskite."""
    layers = (Layer("Ge", top=top), Layer("SrTiO3", 20.0, top), Layer("Vac"))
    stack, standing, positions_A = seen(Specimen(layers, strain=0.01, relaxation_A=0.2), scan)
    labels, _, _ = truth(stack, positions_A)
    distance_A, pixel = KDTree(positions_A.reshape(-1, 2)).query(standing.xy_A)
    in_view = distance_A < PIXEL_A
    assert in_view.sum() > 300
    wrong = labels.ravel()[pixel] != standing.layer + 1
    assert not (wrong & in_view & ~near_borders(labels).ravel()[pixel]).any()


def test_areas_of_flat_layers() -> None:
    layers = (Layer("SrTiO3"), Layer("LaFeO3", 12.0), Layer("C", 9.0), Layer("Vac"))
    stack, _, positions_A = seen(Specimen(layers, first_interface_A=-6.0), {})
    labels, _, materials = truth(stack, positions_A)
    film = stack.cells[1]
    assert film is not None
    half_A = SHAPE[0] * PIXEL_A / 2
    thick_A = {"SrTiO3": half_A - 6, "LaFeO3": 3 * film.c_A, "C": 9.0, "Vac": half_A + 6 - 3 * film.c_A - 9}
    assert list(thick_A) == materials
    for number, name in enumerate(materials, start=1):
        assert (labels == number).sum() == pytest.approx(SHAPE[1] * thick_A[name] / PIXEL_A, abs=SHAPE[1])


def test_one_material_has_one_label_and_the_gap_none() -> None:
    layers = (Layer("SrTiO3"), Layer("LaFeO3", 12.0), Layer("SrTiO3", 8.0), Layer("gap", 5.0), Layer("PtC"))
    stack, _, positions_A = seen(Specimen(layers, first_interface_A=-12.0), {})
    labels, grains, materials = truth(stack, positions_A)
    assert materials == ["SrTiO3", "LaFeO3", "PtC"]
    layer_at = stack.layer_at(*stack.unstrained(positions_A[..., 0], positions_A[..., 1]))
    for index, label in enumerate([1, 2, 1, 0, 3]):
        assert (labels[layer_at == index] == label).all()
    assert ((grains == 0) == (labels == 0)).all()
    assert len(np.unique(grains[grains > 0])) == 4


def test_a_grain_has_one_label_and_a_label_may_have_grains() -> None:
    split = (Boundary("antiphase", -12.0), Boundary("grain", 10.0, rotation_deg=9.0))
    layers = (Layer("SrTiO3"), Layer("LaFeO3", boundaries=split))
    stack, standing, positions_A = seen(Specimen(layers, first_interface_A=-5.0), SCANS[2])
    labels, grains, materials = truth(stack, positions_A)
    owners = {int(grain): set(labels[grains == grain].tolist()) for grain in np.unique(grains)}
    assert owners == {1: {1}, 2: {2}, 3: {2}, 4: {2}}
    assert materials == ["SrTiO3", "LaFeO3"]
    distance_A, pixel = KDTree(positions_A.reshape(-1, 2)).query(standing.xy_A)
    expected = 1 + standing.layer + standing.domain
    wrong = grains.ravel()[pixel] != expected
    assert not (wrong & (distance_A < PIXEL_A) & ~near_borders(grains).ravel()[pixel]).any()


def test_crystals_of_different_layers_are_different_grains() -> None:
    split = (Boundary("antiphase", 0.0),)
    layers = (Layer("SrTiO3", boundaries=split), Layer("LaFeO3", 12.0, boundaries=split), Layer("C"))
    stack, _, positions_A = seen(Specimen(layers, first_interface_A=-5.0), {})
    labels, grains, _ = truth(stack, positions_A)
    owners = {(int(grain), int(label)) for grain, label in zip(grains.ravel(), labels.ravel(), strict=True)}
    assert owners == {(1, 1), (2, 1), (3, 2), (4, 2), (5, 3)}


def test_materials_out_of_view_are_not_listed() -> None:
    labels, _, materials = truth(*seen(Specimen((Layer("Ge"), Layer("SrTiO3")), first_interface_A=-55.0), {})[::2])
    assert materials == ["SrTiO3"]
    assert (labels == 1).all()
    with pytest.raises(InputError, match="no labelled material is in the field of view"):
        truth(*seen(Specimen((Layer("gap"), Layer("SrTiO3")), first_interface_A=85.0), {})[::2])


# exposures

RICH = Specimen(
    (
        Layer("Ge", top=Interface(4.0, 30.0)),
        Layer("La-SrTiO3", 12.0, Interface(mixing_A=2.0), (Boundary("antiphase", 0.0),)),
        Layer("LaFeO3", 12.0),
        Layer("gap", 4.0),
        Layer("PtC"),
    ),
    first_interface_A=-16.0,
    wedge=(0.1, 0.0),
    bending_A=5.0,
    strain=0.005,
    relaxation_A=0.2,
)


def parts(exposure: Exposure) -> list[bytes]:
    return [exposure.counts.tobytes(), exposure.labels.tobytes(), exposure.grains.tobytes()]


def test_the_same_seed_gives_the_same_bytes() -> None:
    settings = replace(acquisition(jitter_A=0.1, wander_A=0.5), contamination_A=10.0, dose_e_per_A2=3000.0)
    once, again, other = (expose(RICH, settings, seed=seed) for seed in (7, 7, 8))
    assert parts(once) == parts(again)
    assert once.parameters == again.parameters
    assert parts(once)[0] != parts(other)[0]
    assert parts(once)[1] != parts(other)[1]
    json.dumps(once.parameters)


def test_dose_does_not_change_the_truth() -> None:
    few, many = (expose(RICH, acquisition(dose=dose), seed=7) for dose in (500.0, 1e6))
    assert parts(few)[1:] == parts(many)[1:]
    assert parts(few)[0] != parts(many)[0]


def test_an_exposure_becomes_a_scene() -> None:
    scene = compose(RICH, acquisition(), seed=7, name="mine")
    assert scene.micrograph.pixels.shape == SHAPE
    assert scene.micrograph.pixel_size_nm == pytest.approx(PIXEL_A / 10)
    assert scene.materials == ("Ge", "La-SrTiO3", "LaFeO3", "PtC")
    assert set(np.unique(scene.labels)) == {0, 1, 2, 3, 4}


def test_jitter_does_not_change_the_truth() -> None:
    flat = Specimen((Layer("SrTiO3"), Layer("LaFeO3")))
    still, shaken = (expose(flat, acquisition(jitter_A=jitter_A, rotation_deg=50.0), seed=7) for jitter_A in (0.0, 1.0))
    assert parts(still)[1:] == parts(shaken)[1:]
    assert parts(still)[0] != parts(shaken)[0]


def test_a_film_is_only_in_its_layer() -> None:
    _, _, at = ideal(
        Specimen(
            (
                Layer("C"),
                Layer("Vac"),
            )
        ),
        Optics(),
    )
    assert at(np.array([[0.0, 10.0]]))[0] > 0
    assert abs(at(np.array([[0.0, -10.0]]))[0]) < 0.01 * at(np.array([[0.0, 10.0]]))[0]


def test_vacuum_is_dark() -> None:
    specimen = Specimen((Layer("SrTiO3"), Layer("Vac")), thickness_A=150.0)
    exposure = expose(specimen, acquisition(), seed=2)
    counts = exposure.counts.astype(float)
    assert counts[exposure.labels == 2].mean() < 0.2 * counts[exposure.labels == 1].mean()


def test_contamination_brightens() -> None:
    _, _, clean = ideal(Specimen((Layer("Ge"), Layer("Vac"))), Optics())
    stack = build_stack(np.random.default_rng(0), Specimen((Layer("Ge"), Layer("Vac"))), 80.0)
    dirty_settings = replace(acquisition(), contamination_A=30.0)
    dirty = ideal_image(stack, dirty_settings, (40.0, 40.0), np.random.default_rng(0), np.random.default_rng(1))
    rows_A = dirty.origin_xy_A[1] + dirty.pixel_A * np.arange(dirty.image.shape[0])
    shape_hw = (dirty.image.shape[0], dirty.image.shape[1])
    carbon_A = stem.contamination(np.random.default_rng(1), shape_hw, dirty.pixel_A, 30.0)
    is_vacuum = (rows_A < -10) & (rows_A > -35)
    vacuum = dirty.image[is_vacuum]
    entry = entries.read_entry("amorphous_C")
    per_A = entry.arrays["fraction_300kV"][entry.detector_index(300, "HAADF"), 0] / entry.arrays["thickness_A"][0]
    assert vacuum.mean() == pytest.approx(carbon_A[is_vacuum].mean() * per_A, rel=0.01)
    assert clean(np.array([[0.0, -20.0]]))[0] < 0.05 * vacuum.mean()


@pytest.mark.parametrize(
    ("specimen", "settings", "message"),
    [
        (Specimen((Layer("Ge"),), thickness_A=900.0), {}, "a thickness of 900 Å is outside the library's 0 to"),
        (Specimen((Layer("C"),), thickness_A=900.0), {}, "a thickness of 900 Å is outside the library's 0 to"),
        (Specimen((Layer("Ge"),)), {"detector": "BF"}, "no BF image at 300 kV in the library; it has ADF, HAADF"),
        (Specimen((Layer("Ge"),)), {"optics": Optics(energy_kV=80.0)}, "no HAADF image at 80 kV in the library"),
        (Specimen((Layer("C"),)), {"optics": Optics(energy_kV=80.0)}, "no HAADF image at 80 kV in the library"),
        (Specimen((Layer("Ge"),)), {"optics": Optics(convergence_mrad=30.0)}, "Ge_110_001 was simulated for a conv"),
        (Specimen((Layer("C"),)), {"optics": Optics(convergence_mrad=30.0)}, "amorphous_C was simulated for a conv"),
        (Specimen((Layer("LaMnO3"),), view="110"), {}, "LaMnO3_110_001 is not in the library"),
        (Specimen((Layer("gap"), Layer("Ge")), first_interface_A=200.0), {}, "no labelled material is in"),
    ],
)
def test_what_cannot_be_imaged(specimen: Specimen, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        expose(specimen, acquisition(**settings), seed=0)
    assert "\n" not in str(error.value)


def test_impossible_settings() -> None:
    with pytest.raises(InputError, match="dose_e_per_A2=0: give a number above 0"):
        replace(acquisition(), dose_e_per_A2=0)
    with pytest.raises(InputError, match="contamination_A=-1: give a number, 0 or more"):
        replace(acquisition(), contamination_A=-1)
    with pytest.raises(InputError, match="a seed of -1 is impossible"):
        expose(Specimen((Layer("Ge"),)), acquisition(), seed=-1)
    huge = replace(acquisition(), scan=Scan(SHAPE, 20.0))
    with pytest.raises(InputError, match="is too large to simulate"):
        expose(Specimen((Layer("Ge"),)), huge, seed=0)
