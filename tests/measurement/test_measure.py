from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from made_layers import columns_of, segmented
from PIL import Image

import samiam
from samiam.errors import InputError
from samiam.formats import write_results
from samiam.measurement import measure, write_measured
from samiam.records import Masks, Micrograph, Segmentation

FILES = ["regions.csv", "layers.csv", "lattices.csv", "layers.png"]


def made(names: tuple[str | None, ...] = ("SrTiO3", None)) -> Segmentation:
    shape = (96, 128)
    labels = 1 + (np.indices(shape)[0] >= 48)
    pixels = columns_of(shape, (1, 1), np.array([[8.0, 0.0], [0.0, 9.0]]))
    return segmented(labels, Micrograph((pixels + 3) / 6, 0.05), names)


def test_a_line_says_what_there_is() -> None:
    measured = samiam.measure(made())
    assert repr(measured) == "Measurements(2 regions, 2 layers, 2 lattices)"
    assert measured._repr_png_().startswith(b"\x89PNG")


def test_files(tmp_path: Path) -> None:
    measured = measure(made(("=SrTiO3", None)))
    assert [file.name for file in write_measured(tmp_path / "new", measured)] == FILES
    for name in ("regions", "layers", "lattices"):
        read = pd.read_csv(tmp_path / "new" / f"{name}.csv")
        assert list(read) == list(getattr(measured, name))
        assert read["name"].iloc[0] == "'=SrTiO3"
    with Image.open(tmp_path / "new" / "layers.png") as picture:
        assert picture.size[0] >= 128
    write_measured(tmp_path / "again", measured)
    for name in FILES:
        assert (tmp_path / "new" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (200, 3), (40, 40)])
@pytest.mark.parametrize("n", [0, 1, 2])
def test_any_image_is_measured(shape: tuple[int, int], n: int, tmp_path: Path) -> None:
    labels = np.minimum(np.arange(shape[0] * shape[1]) % 2 + 1, n).reshape(shape)
    found = measure(segmented(labels, Micrograph(np.full(shape, 0.5))))
    assert (found.regions.empty, found.lattices.empty) == (n == 0, n == 0)
    write_measured(tmp_path, found)


def test_a_segmentation_and_its_micrograph_belong_together() -> None:
    labels = np.ones((4, 4), np.uint32)
    alone = Segmentation(labels, [], 1, True, Masks.empty((4, 4)))
    with pytest.raises(InputError, match=r"give it: measure\(segmentation, micrograph\)"):
        measure(alone)
    with pytest.raises(InputError, match="pair them up"):
        measure(alone, Micrograph(np.zeros((5, 4))))


def test_measurements_of_an_earlier_run_go_with_its_other_results(tmp_path: Path) -> None:
    segmentation, folder = made(), tmp_path / "results"
    assert segmentation.micrograph is not None
    measured = measure(segmentation)

    def run(measuring: bool) -> list[str]:
        write = (lambda place: write_measured(place, measured)) if measuring else None
        files = write_results(
            folder, segmentation.micrograph, segmentation, config={}, seed=0, times_s={}, measured=write
        )
        return [file.name for file in files]

    folder.mkdir()
    (folder / "regions.csv").write_text("mine")
    run(False)
    assert (folder / "regions.csv").read_text() == "mine", "there were no results of ours"
    assert run(True)[-5:] == [*FILES, "provenance.json"]
    assert (folder / "notes.txt").write_text("mine")
    run(False)
    assert not [name for name in FILES if (folder / name).exists()]
    assert (folder / "notes.txt").is_file()
