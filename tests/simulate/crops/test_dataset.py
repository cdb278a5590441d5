"""Crops of single materials: what they show, that draws are the same whoever draws them, splits in files."""

from __future__ import annotations

import copy
import json
import pickle
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader

from samiam.errors import InputError
from simulate import Acquisition, Layer, Optics, Scan, Specimen, compose
from simulate.cli import main
from simulate.crops import (
    CropConditions,
    CropDataset,
    draw_crop,
    draw_parameters,
    image_crop,
    read_crops,
    write_crops,
)

SIMPLE = CropConditions(
    thickness_A=(200, 200),
    rotation_deg=(0, 0),
    pixel_size_A=(0.25, 0.25),
    dose_e_per_A2=(1e6, 1e6),
    defocus_A=(0, 0),
    astigmatism_A=(0, 0),
    coma_A=(0, 0),
    spherical_A=(0, 0),
    source_fwhm_A=(0.8, 0.8),
    tilt_mrad=(0, 0),
    jitter_A=(0, 0),
    shear_deg=(0, 0),
    contamination_A=(0, 0),
    readout_e=(0.1, 0.1),
    energies_kV=(300.0,),
    detectors=("HAADF",),
    bits=(16,),
    neighbours=("SrTiO3", "Ge", "Vac"),
    n_probes=1,
)
VARIED = replace(
    SIMPLE, rotation_deg=(0, 360), thickness_A=(100, 400), dose_e_per_A2=(2e3, 5e4), pixel_size_A=(0.15, 0.4)
)
TWO = ("SrTiO3", "Ge")
RANGE = "give (lowest, highest), or several such pairs that rise, within"


def spectrum(image: NDArray[Any]) -> NDArray[np.float64]:
    """Power, zero frequency in the centre and removed."""
    window = np.outer(*2 * [np.hanning(image.shape[0])])
    return np.abs(np.fft.fftshift(np.fft.fft2((image - image.mean()) * window))) ** 2


def strongest_per_A(image: NDArray[Any], pixel_size_A: float) -> float:
    """How far out the strongest frequency lies, and to which tenth of a pixel of the spectrum."""
    power = np.abs(np.fft.fft2((image - image.mean()) * np.outer(*2 * [np.hanning(len(image))]), s=(1024, 1024))) ** 2
    row, column = np.unravel_index(power.argmax(), power.shape)
    along = np.fft.fftfreq(1024, pixel_size_A)
    return float(np.hypot(along[row], along[column]))


@pytest.mark.parametrize("size_px", [1, 30, 60, 61, 130])
def test_a_crop_of_any_size(size_px: int) -> None:
    image, parameters = draw_crop("SrTiO3", VARIED, size_px, seed=3)
    assert image.shape == (size_px, size_px)
    assert image.dtype == np.float32
    assert image.min() >= 0
    assert image.max() <= 1
    assert json.loads(json.dumps(parameters))["material"] == "SrTiO3"


@pytest.mark.parametrize(
    ("material", "spacing_A"),
    # (100)/(110) of SrTiO3, whichever is stronger; {111} of Ge along [110].
    [("SrTiO3", (3.905, 3.905 / np.sqrt(2))), ("Ge", (5.6579 / np.sqrt(3),))],
)
def test_crops_show_the_lattice(material: str, spacing_A: tuple[float, ...]) -> None:
    for seed in range(5):
        image, _ = draw_crop(material, replace(SIMPLE, rotation_deg=(0, 360)), 120, seed=seed)
        found_A = 1 / strongest_per_A(image, 0.25)
        assert min(abs(found_A / expected_A - 1) for expected_A in spacing_A) < 0.02


def test_rotation_turns_the_crop() -> None:
    upright, _ = draw_crop("Ge", SIMPLE, 61, seed=1)
    turned, _ = draw_crop("Ge", replace(SIMPLE, rotation_deg=(90, 90)), 61, seed=1)
    assert np.corrcoef(np.rot90(spectrum(upright)).ravel(), spectrum(turned).ravel())[0, 1] > 0.98
    assert np.corrcoef(spectrum(upright).ravel(), spectrum(turned).ravel())[0, 1] < 0.9


def test_parameters_cover_their_ranges_and_keep_to_them() -> None:
    drawn = [draw_parameters("SrTiO3", CropConditions(), 60, seed) for seed in range(400)]
    aberrations = ("defocus_A", "astigmatism_A", "coma_A", "spherical_A")
    for name in ("rotation_deg", "thickness_A", *aberrations, "pixel_size_A", "dose_e_per_A2"):
        values = np.array([getattr(one, name) for one in drawn])
        ((low, high),) = CropConditions().intervals(name)
        assert low <= values.min()
        assert values.max() <= high
        as_drawn = np.log if name in ("pixel_size_A", "dose_e_per_A2") else np.asarray
        counts = np.histogram(as_drawn(values), bins=4, range=(as_drawn(low), as_drawn(high)))[0]
        assert counts.min() > 60, name
    assert all(np.hypot(*one.tilt_mrad) <= 4 for one in drawn)
    assert {one.energy_kV for one in drawn} == {200, 300}
    assert {one.detector for one in drawn} == {"HAADF", "ADF"}
    assert {len(one.neighbours) for one in drawn} == {1, 2, 3}
    assert all("SrTiO3" not in dict(one.neighbours) for one in drawn)


@pytest.mark.parametrize("aberration", [{"coma_A": (4000, 4000)}, {"spherical_A": (150_000, 150_000)}])
def test_each_aberration_blurs(aberration: dict[str, Any]) -> None:
    sharp, _ = draw_crop("SrTiO3", SIMPLE, 60, seed=1)
    blurred, parameters = draw_crop("SrTiO3", replace(SIMPLE, **aberration), 60, seed=1)
    (name,) = aberration
    assert parameters[name] == aberration[name][0]
    assert blurred.std() < 0.98 * sharp.std()


def test_held_out_conditions_lie_between_those_trained_on() -> None:
    train = CropConditions(thickness_A=((60, 200), (300, 450)), dose_e_per_A2=((1e3, 5e3), (2e4, 5e4)))
    test = CropConditions(thickness_A=(200, 300), dose_e_per_A2=(5e3, 2e4))
    for seed in range(200):
        seen, held_out = (draw_parameters("Ge", conditions, 60, seed) for conditions in (train, test))
        assert 60 <= seen.thickness_A <= 200 or 300 <= seen.thickness_A <= 450
        assert 1e3 <= seen.dose_e_per_A2 <= 5e3 * (1 + 1e-9) or 2e4 * (1 - 1e-9) <= seen.dose_e_per_A2 <= 5e4
        assert 200 <= held_out.thickness_A <= 300
        assert 5e3 * (1 - 1e-9) <= held_out.dose_e_per_A2 <= 2e4 * (1 + 1e-9)
        assert seen.rotation_deg == held_out.rotation_deg


def test_images_have_the_parameters_drawn() -> None:
    image, parameters = draw_crop("Ge", VARIED, 40, seed=(5, 6))
    drawn = draw_parameters("Ge", VARIED, 40, (5, 6))
    assert asdict(drawn) == parameters
    assert (image_crop(drawn, VARIED, seed=(5, 6)) == image).all()


def test_noise_falls_as_the_dose_rises() -> None:
    clean, *noisy = (
        draw_crop("SrTiO3", replace(SIMPLE, dose_e_per_A2=(dose, dose)), seed=2)[0].ravel() for dose in (1e8, 5e4, 2e3)
    )
    left = []
    for image in noisy:
        design = np.stack([clean, np.ones_like(clean)], axis=1)
        scale = np.linalg.lstsq(design, image, rcond=None)[0]
        left.append((image - design @ scale).std() / scale[0])
    assert 3.5 < left[1] / left[0] < 7  # √25 = 5, with read-out noise and clipping


def test_thicker_is_brighter_beside_the_same_neighbours() -> None:
    thin, thick = (
        replace(
            draw_parameters("Ge", SIMPLE, 60, 0),
            thickness_A=thickness_A,
            neighbours=(("Vac", 200.0), ("SrTiO3", 300.0)),
        )
        for thickness_A in (100.0, 400.0)
    )
    assert image_crop(thick, SIMPLE).mean() > 1.5 * image_crop(thin, SIMPLE).mean()


def test_vacuum_is_dark_beside_others_and_noise_alone() -> None:
    for seed in range(4):
        vacuum, parameters = draw_crop("Vac", VARIED, seed=seed)
        assert {name for name, _ in parameters["neighbours"]} & set(TWO)
        assert vacuum.mean() < 0.15
    alone, _ = draw_crop("Vac", replace(VARIED, contrast="crop"))
    assert alone.std() > 0.1


def test_crops_are_as_those_cut_from_a_composed_micrograph() -> None:
    specimen = Specimen((Layer("Ge"), Layer("SrTiO3")), thickness_A=200)
    acquisition = Acquisition(Scan((200, 200), 0.25), 1e6, readout_e=0.1, optics=Optics(300.0))
    scene = compose(specimen, acquisition, seed=0)
    for material, rows in (("SrTiO3", slice(10, 70)), ("Ge", slice(130, 190))):
        other = TWO[1 - TWO.index(material)]
        parameters = replace(draw_parameters(material, SIMPLE, 60, 0), neighbours=((other, 200.0),))
        drawn, cut = image_crop(parameters, SIMPLE), scene.micrograph.pixels[rows, 70:130]
        assert (scene.labels[rows, 70:130] == scene.materials.index(material) + 1).all()
        for share in (0.05, 0.5, 0.95):
            assert np.quantile(drawn, share) == pytest.approx(np.quantile(cut, share), abs=0.04)


def test_contrast_of_the_crop_alone_fills_the_range() -> None:
    image, parameters = draw_crop("Ge", replace(SIMPLE, contrast="crop"))
    assert parameters["neighbours"] == ()
    assert (image.min(), image.max()) == (0, 1)


def test_materials_can_be_told_apart() -> None:
    conditions = replace(SIMPLE, rotation_deg=(0, 360), thickness_A=(100, 400), dose_e_per_A2=(2e4, 5e4))
    distance = np.hypot(*np.mgrid[-30:30, -30:30])
    rings = [(distance >= r) & (distance < r + 1) for r in range(2, 20)]
    profiles = []
    for material in TWO:
        powers = [spectrum(draw_crop(material, conditions, seed=seed)[0]) for seed in range(20)]
        profiles.append(np.array([[power[ring].mean() for ring in rings] / power.sum() for power in powers]))
    means = [material.mean(axis=0) for material in profiles]
    for own, material in enumerate(profiles):
        distances = [np.linalg.norm(material - mean, axis=1) for mean in means]
        assert (distances[own] < distances[1 - own]).mean() > 0.9


def test_classes_are_balanced() -> None:
    dataset = CropDataset(("SrTiO3", "Ge", "Vac"), 31, 8, SIMPLE)
    labels = [label for _, label in (dataset[index] for index in range(31))]
    assert np.bincount(labels).tolist() == [11, 10, 10]
    assert [dataset.parameters(index).material for index in range(3)] == ["SrTiO3", "Ge", "Vac"]


@pytest.mark.parametrize("context", ["fork", pytest.param("spawn", marks=pytest.mark.slow)])
def test_workers_draw_the_same(context: str) -> None:
    dataset = CropDataset(TWO, 12, 16, VARIED, seed=4)
    dataset.set_epoch(2)
    alone = torch.stack([dataset[index][0] for index in reversed(range(12))]).flip(0)
    loader = DataLoader(dataset, batch_size=3, num_workers=2, multiprocessing_context=context)
    crops, labels = (torch.cat(parts) for parts in zip(*loader, strict=True))
    assert torch.equal(crops, alone)
    assert crops.shape == (12, 1, 16, 16)
    assert crops.dtype == torch.float32
    assert labels.tolist() == [0, 1] * 6


def test_an_epoch_reaches_workers_that_live_on() -> None:
    dataset = CropDataset(TWO, 4, 8, VARIED)
    loader = DataLoader(dataset, batch_size=4, num_workers=1, persistent_workers=True)
    drawn = []
    for epoch in (0, 1, 0):
        dataset.set_epoch(epoch)
        drawn.append(next(iter(loader))[0])
    assert not torch.equal(drawn[0], drawn[1])
    assert torch.equal(drawn[0], drawn[2])


def test_length_does_not_change_crops_and_seeds_do() -> None:
    short, long, other = (CropDataset(TWO, n, 12, VARIED, seed) for n, seed in ((2, 0), (9, 0), (9, 1)))
    assert torch.equal(short[1][0], long[1][0])
    assert not torch.equal(other[1][0], long[1][0])
    assert len({long[index][0].numpy().tobytes() for index in range(9)}) == 9
    for copied in (copy.deepcopy(long), pickle.loads(pickle.dumps(long))):
        assert torch.equal(copied[5][0], long[5][0])
    with pytest.raises(IndexError):
        long[9]


def test_splits_come_back(tmp_path: Path) -> None:
    splits = {
        "train": CropDataset(TWO, 10, 12, VARIED, seed=0),
        "test": CropDataset(TWO, 4, 12, replace(VARIED, thickness_A=(30, 60)), seed=1),
    }
    index = write_crops(tmp_path / "crops", splits)
    for name, dataset in splits.items():
        kept = read_crops(tmp_path / "crops", name)
        assert len(kept) == len(dataset)
        assert kept.materials == TWO
        assert kept.conditions == dataset.conditions
        assert kept.provenance["seed"] == dataset.seed
        assert "SrTiO3_100_001.npz" in kept.provenance["library"]
        for place in range(len(dataset)):
            crop, label = kept[place]
            drawn, its_label = dataset[place]
            assert label == its_label
            assert (crop - drawn).abs().max() <= 0.5 / 255 + 1e-6
            assert kept.parameters[place] == json.loads(json.dumps(asdict(dataset.parameters(place))))
    before = index.read_bytes()
    assert write_crops(tmp_path / "crops", splits, n_workers=1).read_bytes() == before
    with pytest.raises(InputError, match="holds crops that were drawn otherwise"):
        write_crops(tmp_path / "crops", {"train": CropDataset(TWO, 2, 8, SIMPLE, seed=77)})
    assert index.read_bytes() == before
    assert sorted(path.name for path in index.parent.iterdir()) == ["crops.json", "test.npz", "train.npz"]


def test_damaged_splits_say_so(tmp_path: Path) -> None:
    write_crops(tmp_path, {"train": CropDataset(TWO, 2, 8, SIMPLE), "val": CropDataset(TWO, 2, 8, SIMPLE, seed=1)})
    with pytest.raises(InputError, match=r"no split 'test'; it has train, val"):
        read_crops(tmp_path, "test")
    with open(tmp_path / "train.npz", "r+b") as file:
        file.seek(60)
        file.write(b"\0\1")
    with pytest.raises(InputError, match=r"train\.npz: not the file"):
        read_crops(tmp_path, "train")
    (tmp_path / "val.npz").unlink()
    with pytest.raises(InputError, match=r"val\.npz: missing"):
        read_crops(tmp_path, "val")
    for broken in ("{", "[]", "{}"):
        (tmp_path / "crops.json").write_text(broken)
        with pytest.raises(InputError, match=r"crops\.json"):
            read_crops(tmp_path, "val")
    (tmp_path / "crops.json").unlink()
    with pytest.raises(InputError, match="no such file"):
        read_crops(tmp_path, "val")


def test_splits_that_do_not_go_together(tmp_path: Path) -> None:
    train = CropDataset(TWO, 2, 8, SIMPLE)
    for splits, message in (
        ({}, "no splits"),
        ({"../train": train}, "becomes that of a file"),
        ({"train": train, "val": CropDataset(("Ge", "SrTiO3"), 2, 8, SIMPLE, 1)}, "differ in materials"),
        ({"train": train, "val": CropDataset(TWO, 2, 9, SIMPLE, 1)}, "differ in materials"),
        ({"train": train, "val": CropDataset(TWO, 2, 8, VARIED)}, "seed 0 in common"),
    ):
        with pytest.raises(InputError, match=message):
            write_crops(tmp_path, splits)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"thickness_A": (300, 100)}, f"thickness_A=(300, 100): {RANGE} 10 to 10000."),
        ({"thickness_A": (5, 100)}, f"thickness_A=(5, 100): {RANGE} 10 to 10000."),
        ({"thickness_A": ((100, 200), (150, 300))}, f"thickness_A=((100, 200), (150, 300)): {RANGE} 10"),
        ({"thickness_A": 100}, f"thickness_A=100: {RANGE} 10 to 10000."),
        ({"thickness_A": ()}, f"thickness_A=(): {RANGE} 10 to 10000."),
        ({"dose_e_per_A2": (-1, 10)}, f"dose_e_per_A2=(-1, 10): {RANGE} 0.001 to 1e+09."),
        ({"dose_e_per_A2": (float("nan"), 10)}, f"dose_e_per_A2=(nan, 10): {RANGE} 0.001 to 1e+09."),
        ({"pixel_size_A": (0, 1)}, f"pixel_size_A=(0, 1): {RANGE} 0.02 to 2."),
        ({"tilt_mrad": ("a", 1)}, f"tilt_mrad=('a', 1): {RANGE} 0 to 50."),
        ({"energies_kV": ()}, "energies_kV=(): give a list of different energies, from 1 to 3000, one at least"),
        ({"energies_kV": (0.5,)}, "energies_kV=(0.5,): give a list of different energies, from 1 to 3000"),
        ({"detectors": "HAADF"}, "detectors='HAADF': give a list of different detectors, one at least"),
        ({"detectors": ("ADF", "ADF")}, "detectors=('ADF', 'ADF'): give a list of different detectors"),
        ({"bits": (12,)}, "bits=(12,): give a list of different depths, 8 and 16"),
        ({"views": ("111",)}, "views=('111',): give a list of different zone axes, 100 and 110"),
        ({"contrast": "auto"}, "contrast='auto': give micrograph or crop"),
        ({"neighbours": ("Unobtainium",)}, "neighbours: unknown material 'Unobtainium'"),
        ({"n_probes": 0}, "n_probes=0: give a whole number from 1 to 100000"),
    ],
)
def test_impossible_conditions(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as raised:
        CropConditions(**options)
    assert str(raised.value).startswith(message)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"materials": ("SrTiO3", "Unobtainium")}, "unknown material 'Unobtainium'"),
        ({"materials": ()}, "give one or more"),
        ({"materials": ("Ge", "Ge")}, "different materials"),
        ({"materials": ("gap",)}, "gap has no label"),
        ({"size_px": 0}, "size_px=0"),
        ({"size_px": 60.0}, "size_px=60.0"),
        ({"size_px": 1000, "conditions": CropConditions(pixel_size_A=(0.1, 1))}, "too large"),
        ({"n": 0}, "n=0"),
        ({"seed": -1}, "seed"),
        ({"conditions": CropConditions(detectors=("BF",))}, "no BF image at 200 kV"),
        ({"materials": ("La0.8Sr0.2FeO3",), "conditions": CropConditions(thickness_A=(60, 507))}, "has 0 to 505 Å"),
        ({"materials": ("PtC",), "conditions": CropConditions(thickness_A=(60, 501))}, "has 0 to 500 Å"),
    ],
)
def test_impossible_datasets(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as raised:
        CropDataset(**{"materials": TWO, "n": 4} | arguments)
    assert "\n" not in str(raised.value)


def test_what_the_library_does_not_have() -> None:
    with pytest.raises(InputError, match="outside the library's"):
        draw_crop("SrTiO3", replace(SIMPLE, thickness_A=(2000, 2000)))
    with pytest.raises(InputError, match="no BF image"):
        draw_crop("SrTiO3", replace(SIMPLE, detectors=("BF",)))
    with pytest.raises(InputError, match="epoch=-1"):
        CropDataset(TWO, 1).set_epoch(-1)


COMMAND = ["--material", "SrTiO3", "--material", "Vac", "--train", "4", "--val", "2", "--test", "2", "--size", "24"]


@pytest.mark.slow  # that splits come back is shown above
def test_the_command_writes_splits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ranges = ["--range", "thickness_A", "80", "200", "--test-range", "thickness_A", "300", "310"]
    assert main(["crops", str(tmp_path), *COMMAND, *ranges, "--seed", "3"]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "crops.json")
    splits = {name: read_crops(tmp_path, name) for name in ("train", "val", "test")}
    assert [len(split) for split in splits.values()] == [4, 2, 2]
    assert len({split.provenance["seed"] for split in splits.values()}) == 3
    assert all(80 <= found["thickness_A"] <= 200 for found in splits["train"].parameters + splits["val"].parameters)
    assert all(300 <= found["thickness_A"] <= 310 for found in splits["test"].parameters)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--material", "Foo"], "unknown material 'Foo'"),
        (["--range", "thickness", "80", "90"], "crop has no setting 'thickness'; did you mean 'thickness_A'?"),
        (["--range", "thickness_A", "80", "x"], "--range takes a condition and two numbers"),
        (["--range", "thickness_A", "300", "80"], "give (lowest, highest)"),
        (
            ["--range", "thickness_A", "80", "5000"],
            "thickness_A: up to 5000 Å are asked for, but of SrTiO3 the library has 0 to 507 Å; give a range within.",
        ),
        (["--test-range", "thickness_A", "80", "508"], "of SrTiO3 the library has 0 to 507 Å"),
    ],
)
def test_the_command_refuses(
    tmp_path: Path, words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["crops", str(tmp_path / "new"), *COMMAND, *words]) == 2
    shown = capsys.readouterr().err
    assert message in shown
    assert shown.count("\n") == 1
    assert not (tmp_path / "new").exists()


def test_a_file_in_place_of_the_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert main(["crops", str(tmp_path / "file"), *COMMAND]) == 2
    assert "file: cannot be written to (Not a directory); choose another folder." in capsys.readouterr().err
