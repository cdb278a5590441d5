"""Which image of a file: the one that is plainly the largest, or the choice is listed and asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import tifffile
from dm_writer import write_dm
from file_writers import write_velox
from numpy.typing import NDArray
from PIL import Image
from refusals import refusal

from samiam.formats import read_micrograph
from samiam.formats.writers.wording import notes

EXACT = (0.0, 100.0)
RNG = np.random.default_rng(7)
SMALL, LARGE, OTHER = (RNG.integers(0, 9999, shape).astype(np.uint16) for shape in ((16, 20), (48, 64), (48, 64)))


def assert_is(path: Path, values: NDArray[Any], **options: Any) -> None:
    found = read_micrograph(path, clip_percentiles=EXACT, **options)
    expected = (values - float(values.min())) / (float(values.max()) - float(values.min()))
    np.testing.assert_allclose(found.pixels, expected, atol=1e-6)


def pages(path: Path, *images: NDArray[Any], **options: Any) -> Path:
    with tifffile.TiffWriter(path, ome=options.pop("ome", None)) as writer:
        for image in images:
            writer.write(image, **options)
    return path


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("options", [{}, {"ome": True}, {"metadata": None}, {"contiguous": False}])
def test_pages_of_which_one_is_plainly_larger(tmp_path: Path, order: tuple[int, int], options: dict[str, Any]) -> None:
    images = [(SMALL, LARGE)[place] for place in order]
    path = pages(tmp_path / ("a.ome.tif" if "ome" in options else "a.tif"), *images, **options)
    assert_is(path, LARGE)
    for number, image in enumerate(images):
        assert_is(path, image, dataset=str(number))
    found = read_micrograph(path)
    assert found.metadata["n_datasets"] == 2
    assert any("of the 2 in the file" in note for note in notes(found))


@pytest.mark.parametrize("options", [{}, {"ome": True}])
def test_alike_pages_have_to_be_chosen(tmp_path: Path, options: dict[str, Any]) -> None:
    path = tmp_path / ("a.ome.tif" if options else "a.tif")
    if options:
        pages(path, LARGE, OTHER, **options)
    else:
        for image in (LARGE, OTHER):
            tifffile.imwrite(path, image, append=True)
    message = refusal(lambda: read_micrograph(path))
    assert "2 data sets; choose one with dataset= (--dataset): 0 (" in message
    assert message.count("64 x 48") == 2
    for number, image in enumerate((LARGE, OTHER)):
        assert_is(path, image, dataset=str(number))
        assert_is(path, image, frame=number)
    assert "no data set '2'" in refusal(lambda: read_micrograph(path, dataset="2"))


def test_pages_without_a_description_are_frames(tmp_path: Path) -> None:
    path = pages(tmp_path / "a.tif", LARGE, OTHER, metadata=None)
    assert "2 frames" in refusal(lambda: read_micrograph(path))
    assert_is(path, OTHER, frame=1)


def test_ome_images_by_name_each_with_its_pixel_size(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "a.ome.tif", ome=True) as writer:
        for name, image, size in (("HAADF", LARGE, 2e-5), ("BF", OTHER, 3e-5)):
            writer.write(image, metadata={"Name": name, "PhysicalSizeX": size, "PhysicalSizeY": size})
    listed = "0 (HAADF, 64 x 48, uint16, 0.02 nm/px), 1 (BF, 64 x 48, uint16, 0.03 nm/px)"
    assert listed in refusal(lambda: read_micrograph(tmp_path / "a.ome.tif"))
    found = read_micrograph(tmp_path / "a.ome.tif", dataset="BF")
    assert (found.metadata["dataset"], found.pixel_size_nm) == ("BF", pytest.approx(0.03))


def test_the_pixel_size_is_that_of_the_page(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        writer.write(SMALL, resolution=(1e8, 1e8), resolutionunit="CENTIMETER")
        writer.write(LARGE, resolution=(5e8, 5e8), resolutionunit="CENTIMETER")
    assert read_micrograph(tmp_path / "a.tif").pixel_size_nm == pytest.approx(0.02)
    assert read_micrograph(tmp_path / "a.tif", dataset="0").pixel_size_nm == pytest.approx(0.1)


def test_a_stack_behind_a_thumbnail(tmp_path: Path) -> None:
    path = pages(tmp_path / "a.tif", SMALL, np.stack([LARGE, OTHER]))
    assert "2 frames" in refusal(lambda: read_micrograph(path))
    assert_is(path, OTHER, frame=1)
    assert_is(path, SMALL, dataset="0")


@pytest.mark.parametrize("version", [3, 4])
class TestDigitalMicrograph:
    def test_two_images(self, tmp_path: Path, version: int) -> None:
        path = write_dm(tmp_path / f"a.dm{version}", LARGE, version=version, others={"BF": OTHER})
        message = refusal(lambda: read_micrograph(path))
        assert "3 data sets" in message
        assert "2 (BF, 64 x 48)" in message
        assert_is(path, LARGE, dataset="1")
        assert_is(path, OTHER, dataset="BF")
        assert read_micrograph(path, dataset="BF").pixel_size_nm == pytest.approx(0.5)

    def test_spectra_beside_an_image(self, tmp_path: Path, version: int) -> None:
        spectra = {"Plot": SMALL[0], "EELS": SMALL[:1]}
        path = write_dm(tmp_path / f"a.dm{version}", LARGE, version=version, others=spectra)
        found = read_micrograph(path)
        assert found.metadata["not_images"] == "Plot, 20, EELS, 1 x 20"
        assert "beside images the file holds Plot, 20, EELS, 1 x 20" in notes(found)

    def test_a_grey_thumbnail(self, tmp_path: Path, version: int) -> None:
        path = write_dm(tmp_path / f"a.dm{version}", SMALL, version=version, others={"": LARGE}, thumbnail=False)
        assert_is(path, LARGE)
        assert_is(path, SMALL, dataset="0")

    def test_a_thumbnail_that_the_file_lists(self, tmp_path: Path, version: int) -> None:
        path = tmp_path / f"a.dm{version}"
        write_dm(path, OTHER, version=version, others={"": LARGE}, thumbnail=False, listed_thumbnails=(0,))
        assert_is(path, LARGE)
        assert_is(path, OTHER, dataset="0")
        assert "n_datasets" not in read_micrograph(path).metadata

    def test_an_image_in_colour_with_a_grey_thumbnail(self, tmp_path: Path, version: int) -> None:
        grey = (LARGE // 40).astype(np.uint8)
        colours = np.dstack([np.kron(grey, np.ones((2, 2), np.uint8))] * 4)
        path = write_dm(tmp_path / f"a.dm{version}", SMALL, version=version, others={"": colours}, thumbnail=False)
        assert read_micrograph(path).shape_hw == (96, 128)


def test_detectors_of_velox(tmp_path: Path) -> None:
    path = write_velox(tmp_path / "a.emd", {"HAADF": LARGE[..., None], "BF": OTHER[..., None], "Map": SMALL[..., None]})
    assert "0 (HAADF, 64 x 48), 1 (BF, 64 x 48), 2 (Map, 20 x 16)" in refusal(lambda: read_micrograph(path))
    assert_is(path, OTHER, dataset="BF")
    assert_is(path, SMALL, frame=2)
    path = write_velox(tmp_path / "b.emd", {"Map": SMALL[..., None], "HAADF": LARGE[..., None]})
    assert_is(path, LARGE)
    assert read_micrograph(path).metadata["dataset"] == "HAADF"


def test_spectra_beside_images_of_velox(tmp_path: Path) -> None:
    path = write_velox(tmp_path / "a.emd", {"HAADF": LARGE[..., None]})
    assert "not_images" not in read_micrograph(path).metadata
    with h5py.File(path, "a") as file:
        for place in ("SpectrumStream/a", "SpectrumStream/b", "SpectrumImage/a", "Text/a"):
            file.create_group(f"Data/{place}")
        file.create_group("Data/Line")
    assert read_micrograph(path).metadata["not_images"] == "SpectrumImage, SpectrumStream (2)"


def test_groups_of_one_name(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.emd", "w") as file:
        for place, image in (("one/image", LARGE), ("two/image", OTHER)):
            group = file.create_group(place)
            group.attrs["emd_group_type"] = 1
            group["data"] = image
    assert "0 (image #1, 64 x 48), 1 (image #2, 64 x 48)" in refusal(lambda: read_micrograph(tmp_path / "a.emd"))
    assert_is(tmp_path / "a.emd", OTHER, dataset="image #2")


def test_of_two_of_one_size_it_is_said_which_is_the_preview_and_which_is_calibrated(tmp_path: Path) -> None:
    """As Olympus SIS writes them: a picture in RGB, then the image, which alone knows how large its pixels are."""
    preview = np.stack([OTHER, OTHER // 2, OTHER // 3], axis=2).astype(np.uint8)
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(preview, photometric="rgb", metadata=None)
        file.write(OTHER.astype(np.uint16), resolution=(5e8, 5e8), resolutionunit="CENTIMETER", metadata=None)
    asked = "0 (64 x 48, RGB of uint8), 1 (64 x 48, uint16, 0.02 nm/px)."
    assert asked in refusal(lambda: read_micrograph(tmp_path / "a.tif"))
    assert read_micrograph(tmp_path / "a.tif", dataset="1").metadata["beside"] == "0 (64 x 48, RGB of uint8)"


def test_several_pictures_in_a_jpeg(tmp_path: Path) -> None:
    smooth = [np.add.outer(np.arange(48) * n, np.arange(64)).astype(np.uint8) for n in (1, 3)]
    first, second = map(Image.fromarray, smooth)
    first.save(tmp_path / "a.jpg", "MPO", save_all=True, append_images=[second], quality=100)
    asked = "holds 2 data sets; choose one with dataset= (--dataset): 0 (64 x 48), 1 (64 x 48)."
    assert asked in refusal(lambda: read_micrograph(tmp_path / "a.jpg"))
    for dataset, image in enumerate(smooth):
        pixels = read_micrograph(tmp_path / "a.jpg", dataset=str(dataset), clip_percentiles=EXACT).pixels
        np.testing.assert_allclose(pixels, image / float(image.max()), atol=0.02)


def test_many_are_not_all_listed(tmp_path: Path) -> None:
    path = write_velox(tmp_path / "a.emd", {f"D{n}": LARGE[..., None] for n in range(40)})
    message = refusal(lambda: read_micrograph(path))
    assert "... 39 (D39, 64 x 48)" in message
    assert len(message) < len(str(path)) + 350
