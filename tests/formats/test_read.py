from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from dm_writer import write_dm
from file_writers import write_mrc, write_ser, write_velox
from ncempy.io import emd, mrc
from numpy.typing import NDArray
from PIL import Image

from samiam.errors import InputError
from samiam.formats import read_micrograph
from samiam.records import Micrograph
from samiam.storage.files import sha256_of

H, W = 20, 24
EXACT = (0.0, 100.0)


def picture(dtype: str = "uint16", top: int = 200) -> NDArray[Any]:
    """An image that equals none of its mirror images."""
    values = (np.arange(H * W).reshape(H, W) * 7919) % top
    values[0, 0], values[0, 1] = 0, top
    return values.astype(dtype)


def stack(dtype: str = "uint16") -> NDArray[Any]:
    return np.stack([picture(dtype), np.flipud(picture(dtype)), np.roll(picture(dtype), 3)])


def restored(micrograph: Micrograph) -> NDArray[np.float64]:
    """The values of the file, from the scaled pixels and what the metadata say of the scaling."""
    low, high = micrograph.metadata["clip_values"]
    return micrograph.pixels.astype(np.float64) * (high - low) + low


def assert_holds(micrograph: Micrograph, values: NDArray[Any]) -> None:
    assert micrograph.pixels.dtype == np.float32
    np.testing.assert_allclose(restored(micrograph), values.astype(np.float64), atol=1e-6 * float(values.max()))


@pytest.mark.parametrize(
    "dtype", ["uint8", "int8", "uint16", "int16", "uint32", "int32", "float16", "float32", "float64"]
)
@pytest.mark.parametrize("suffix", [".tif", ".npy"])
def test_every_real_type_comes_back(tmp_path: Path, dtype: str, suffix: str) -> None:
    path, values = tmp_path / f"a{suffix}", picture(dtype, top=120)
    np.save(path, values) if suffix == ".npy" else tifffile.imwrite(path, values)
    micrograph = read_micrograph(path, clip_percentiles=EXACT)
    assert_holds(micrograph, values)
    assert micrograph.metadata["dtype"] == dtype
    assert micrograph.pixel_size_nm is None
    assert micrograph.metadata["pixel_size_source"] is None


def test_metadata_tell_where_the_pixels_came_from(tmp_path: Path) -> None:
    path = tmp_path / "some.name.npy"
    np.save(path, picture())
    micrograph = read_micrograph(path, clip_percentiles=(1, 99), pixel_size_nm=0.5)
    low, high = np.percentile(picture(), (1, 99))
    assert micrograph.name == "some.name"
    assert micrograph.pixel_size_nm == 0.5
    assert micrograph.metadata == {
        "path": str(path),
        "sha256": sha256_of(path),
        "format": "npy",
        "dtype": "uint16",
        "frame": None,
        "n_frames": 1,
        "channel": None,
        "dataset": None,
        "clip_percentiles": [1.0, 99.0],
        "clip_values": [low, high],
        "pixel_size_source": "argument",
    }
    np.testing.assert_allclose(restored(micrograph), np.clip(picture(), low, high), atol=1e-4)


def test_one_hot_pixel_does_not_take_the_range(tmp_path: Path) -> None:
    values = np.tile(np.arange(100, dtype=np.float32), (100, 1))
    values[50, 50] = 1e9
    np.save(tmp_path / "hot.npy", values)
    assert read_micrograph(tmp_path / "hot.npy").pixels.std() > 0.25


def test_coinciding_percentiles_fall_back_to_the_extremes(tmp_path: Path) -> None:
    values = np.zeros((100, 100), np.uint8)
    values[3, 4] = 9
    np.save(tmp_path / "a.npy", values)
    micrograph = read_micrograph(tmp_path / "a.npy", clip_percentiles=(1, 99))
    assert micrograph.metadata["clip_percentiles"] == [0.0, 100.0]
    assert micrograph.pixels[3, 4] == 1
    assert micrograph.pixels.sum() == 1


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_png(tmp_path: Path, dtype: str) -> None:
    values = picture(dtype, top=np.iinfo(dtype).max)
    Image.fromarray(values).save(tmp_path / "a.PNG", dpi=(300, 300))
    micrograph = read_micrograph(str(tmp_path / "a.PNG"), clip_percentiles=EXACT)
    assert_holds(micrograph, values)
    assert micrograph.pixel_size_nm is None


def test_jpg(tmp_path: Path) -> None:
    smooth = np.add.outer(np.arange(H) * 2, np.arange(W) * 5).astype(np.uint8)
    Image.fromarray(smooth).save(tmp_path / "a.jpg", quality=100)
    np.testing.assert_allclose(restored(read_micrograph(tmp_path / "a.jpg", clip_percentiles=EXACT)), smooth, atol=2)


@pytest.mark.parametrize("mode", ["P", "LA"])
def test_png_with_a_palette_or_grey_with_alpha(tmp_path: Path, mode: str) -> None:
    Image.fromarray(picture("uint8")).convert(mode).save(tmp_path / "a.png")
    assert_holds(read_micrograph(tmp_path / "a.png", clip_percentiles=EXACT), picture("uint8"))


def test_animated_png(tmp_path: Path) -> None:
    frames = [Image.fromarray(frame) for frame in stack("uint8")]
    frames[0].save(tmp_path / "a.png", save_all=True, append_images=frames[1:])
    assert_holds(read_micrograph(tmp_path / "a.png", frame=2, clip_percentiles=EXACT), stack("uint8")[2])
    assert "holds 3 frames" in message_of(tmp_path / "a.png")


@pytest.mark.parametrize("suffix", [".png", ".tif", ".npy"])
@pytest.mark.parametrize("n_channels", [3, 4])
def test_equal_channels_are_one_and_alpha_is_dropped(tmp_path: Path, suffix: str, n_channels: int) -> None:
    colours = np.repeat(picture("uint8")[..., None], n_channels, axis=2)
    colours[..., 3:] = 255 - colours[..., 3:]
    path = write_colours(tmp_path / f"a{suffix}", colours)
    if suffix == ".npy" and n_channels == 4:  # Nothing says that the fourth is no detector.
        assert "4 channels that differ" in message_of(path)
        return
    micrograph = read_micrograph(path, clip_percentiles=EXACT)
    assert_holds(micrograph, picture("uint8"))
    assert micrograph.metadata["channel"] is None


@pytest.mark.parametrize("suffix", [".png", ".tif", ".npy"])
def test_unequal_channels_have_to_be_chosen(tmp_path: Path, suffix: str) -> None:
    colours = np.stack([picture("uint8"), picture("uint8").T.reshape(H, W), 255 - picture("uint8")], axis=2)
    path = write_colours(tmp_path / f"a{suffix}", colours)
    for channel in range(3):
        micrograph = read_micrograph(path, channel=channel, clip_percentiles=EXACT)
        assert_holds(micrograph, colours[..., channel])
        assert micrograph.metadata["channel"] == channel
    assert "channel=0..2 (--channel)" in message_of(path)
    assert "no channel 3; choose channel=0..2" in message_of(path, channel=3)
    assert "no channel -1" in message_of(path, channel=-1)


def write_colours(path: Path, colours: NDArray[Any]) -> Path:
    if path.suffix == ".tif":
        extra = ["unassalpha"] if colours.shape[2] == 4 else None
        tifffile.imwrite(path, colours, photometric="rgb", extrasamples=extra)
    elif path.suffix == ".npy":
        np.save(path, colours)
    else:
        Image.fromarray(colours).save(path)
    return path


def message_of(path: Path, **options: Any) -> str:
    """What the reader says of a file it cannot use: one line that begins with the path."""
    with pytest.raises(InputError) as caught:
        read_micrograph(path, **options)
    message = str(caught.value)
    assert message.isprintable()
    assert message.endswith(".")
    assert path.name.replace("\n", " ") in message
    return message


def write_stack(path: Path) -> Path:
    frames = stack()
    if path.suffix in (".dm3", ".dm4"):
        return write_dm(path, frames, version=int(path.suffix[-1]))
    if path.suffix == ".ser":
        return write_ser(path, frames)
    if path.suffix == ".mrc":
        return write_mrc(path, frames)
    if path.name == "velox.emd":
        return write_velox(path, {"HAADF": np.moveaxis(frames, 0, 2)})
    if path.suffix == ".emd":
        emd.emdWriter(path, frames, pixel_size=(1.0, 0.02, 0.02), pixel_unit=("n", "[n_m]", "[n_m]"))
    elif path.suffix == ".npy":
        np.save(path, frames)
    else:
        options = {
            "imagej.tif": {"imagej": True, "metadata": {"axes": "ZYX"}},
            "ome.tif": {"ome": True, "metadata": {"axes": "ZYX"}},
            "zip.tif": {"compression": "zlib"},
        }
        tifffile.imwrite(path, frames, photometric="minisblack", **options.get(path.name, {}))
    return path


STACKS = [
    "a.dm3",
    "a.dm4",
    "a.ser",
    "a.mrc",
    "velox.emd",
    "a.emd",
    "a.npy",
    "a.tif",
    "imagej.tif",
    "ome.tif",
    "zip.tif",
]


@pytest.mark.parametrize("name", STACKS)
def test_frames_of_a_stack(tmp_path: Path, name: str) -> None:
    path = write_stack(tmp_path / name)
    for frame, values in enumerate(stack()):
        micrograph = read_micrograph(path, frame=frame, clip_percentiles=EXACT)
        assert_holds(micrograph, values)
        assert (micrograph.metadata["frame"], micrograph.metadata["n_frames"]) == (frame, 3)
    said = message_of(path)
    assert "holds 3 frames" in said
    assert "; choose one with frame=0..2 (--frame)" in said
    assert "no frame 3; choose frame=0..2" in message_of(path, frame=3)
    assert "no frame -1; choose frame=0..2" in message_of(path, frame=-1)


def test_channels_and_frames_of_one_tiff(tmp_path: Path) -> None:
    planes = np.stack([stack(), stack() + 1], axis=1)
    for name, options in {"i.tif": {"imagej": True}, "o.tif": {"ome": True}}.items():
        tifffile.imwrite(tmp_path / name, planes, metadata={"axes": "ZCYX"}, photometric="minisblack", **options)
        micrograph = read_micrograph(tmp_path / name, frame=1, channel=1, clip_percentiles=EXACT)
        assert_holds(micrograph, planes[1, 1])
        assert "2 channels that differ" in message_of(tmp_path / name, frame=1)


def test_white_is_zero_is_turned(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", picture("uint8"), photometric="miniswhite")
    assert_holds(read_micrograph(tmp_path / "a.tif", clip_percentiles=EXACT), 255 - picture("uint8"))


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "int32", "uint32", "float32", "float64"])
@pytest.mark.parametrize("version", [3, 4])
@pytest.mark.parametrize("thumbnail", [True, False])
def test_dm_types(tmp_path: Path, dtype: str, version: int, thumbnail: bool) -> None:
    path = write_dm(tmp_path / f"a.dm{version}", picture(dtype), version=version, thumbnail=thumbnail)
    micrograph = read_micrograph(path, clip_percentiles=EXACT)
    assert_holds(micrograph, picture(dtype))
    assert micrograph.pixel_size_nm == pytest.approx(0.02)
    assert micrograph.metadata["pixel_size_source"] == "DM calibration"


def test_dm_colours(tmp_path: Path) -> None:
    blue_first = np.stack([picture("uint8") // n for n in (1, 2, 3, 4)], axis=2)
    path = write_dm(tmp_path / "a.dm4", blue_first)
    assert_holds(read_micrograph(path, channel=0, clip_percentiles=EXACT), blue_first[..., 2])
    assert_holds(read_micrograph(path, channel=2, clip_percentiles=EXACT), blue_first[..., 0])


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int32", "float32"])
def test_ser_types_and_a_damaged_companion(tmp_path: Path, dtype: str) -> None:
    path = write_ser(tmp_path / "a_1.ser", picture(dtype)[None])
    (tmp_path / "a.emi").write_text("not what it should be")
    micrograph = read_micrograph(path, clip_percentiles=EXACT)
    assert_holds(micrograph, picture(dtype))
    assert micrograph.pixel_size_nm == pytest.approx(0.02)


def test_a_series_that_has_fewer_images_than_it_says_is_refused(tmp_path: Path) -> None:
    """Each of them would be told as a damaged one."""
    path = write_ser(tmp_path / "a.ser", np.stack([picture(np.uint8)] * 2))
    content = bytearray(path.read_bytes())
    content[18:22] = struct.pack("<i", 27138)
    path.write_bytes(content)
    with pytest.raises(InputError, match="says that 27138 of 2 images are valid; export it again from TIA"):
        read_micrograph(path, frame=0)


@pytest.mark.parametrize("dtype", ["int8", "int16", "uint16", "float32"])
def test_mrc_types(tmp_path: Path, dtype: str) -> None:
    values = picture(dtype, top=120)
    by_ncempy = tmp_path / "a.mrc"
    mrc.mrcWriter(by_ncempy, values[None], (1.0, 0.25, 0.25))
    for path, size_nm in ((by_ncempy, 0.025), (write_mrc(tmp_path / "b.mrc", values[None]), 0.02)):
        micrograph = read_micrograph(path, clip_percentiles=EXACT)
        assert_holds(micrograph, values)
        assert micrograph.pixel_size_nm == pytest.approx(size_nm)


def test_detectors_of_a_velox_file(tmp_path: Path) -> None:
    haadf, bf = picture()[..., None], picture()[::-1, :, None]
    path = write_velox(tmp_path / "a.emd", {"HAADF": haadf, "BF": bf})
    for dataset in ("BF", "1"):
        micrograph = read_micrograph(path, dataset=dataset, clip_percentiles=EXACT)
        assert_holds(micrograph, bf[..., 0])
        assert micrograph.metadata["dataset"] == "BF"
    assert "0 (HAADF, 24 x 20), 1 (BF, 24 x 20)" in message_of(path)
    assert "no data set 'DF'" in message_of(path, dataset="DF")


def test_velox_without_metadata_still_has_pixels(tmp_path: Path) -> None:
    path = write_velox(tmp_path / "a.emd", {"HAADF": picture()[..., None]}, metadata={"Core": {}})
    micrograph = read_micrograph(path, clip_percentiles=EXACT)
    assert_holds(micrograph, picture())
    assert micrograph.pixel_size_nm is None


def test_reading_is_silent_and_leaves_no_file_open(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for name in STACKS:
        read_micrograph(write_stack(tmp_path / name), frame=0)
        (tmp_path / name).unlink()
    open_files = [link.readlink() for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    assert not [name for name in open_files if str(name).startswith(str(tmp_path))]
    assert capfd.readouterr() == ("", "")
