"""Frames of videos, folders and stacks, one at a time."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from samiam.errors import InputError
from samiam.formats import Frames, open_frames, read_micrograph
from samiam.formats.frames.numbering import Numbering, by_number, by_time, natural
from samiam.formats.readers.interval import Interval

N, H, W = 4, 32, 48
DEEP = np.random.default_rng(0).integers(0, 60000, (N, H, W), np.uint16)
SHALLOW = (DEEP >> 8).astype(np.uint8)


def write_ffv1(path: Path, frames: NDArray[Any], fps: float = 10.0) -> None:
    depth = cv2.CV_16U if frames.dtype == np.uint16 else cv2.CV_8U
    options = [cv2.VIDEOWRITER_PROP_IS_COLOR, 0, cv2.VIDEOWRITER_PROP_DEPTH, depth]
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"FFV1"), fps, (W, H), options)
    for frame in frames:
        writer.write(frame)
    writer.release()


def write_gif(path: Path, frames: NDArray[Any], durations_ms: int | list[int] = 100) -> None:
    first, *rest = map(Image.fromarray, frames)
    first.save(path, save_all=True, append_images=rest, duration=durations_ms, optimize=False)


def write_tiff(path: Path, frames: NDArray[Any], **metadata: Any) -> None:
    tifffile.imwrite(path, frames, imagej=True, metadata={"axes": "TYX", **metadata})


def pixels_of(frames: Frames) -> list[NDArray[np.float32]]:
    return [frame.micrograph.pixels for frame in frames.read() if frame.micrograph is not None]


@pytest.mark.parametrize(
    ("name", "write", "stored"),
    [
        ("deep.mkv", write_ffv1, DEEP),
        ("shallow.avi", write_ffv1, SHALLOW),
        ("shallow.gif", write_gif, SHALLOW),
        ("deep.tif", write_tiff, DEEP),
        ("deep.npy", np.save, DEEP),
    ],
)
def test_every_bit_is_read(tmp_path: Path, name: str, write: Callable[..., None], stored: NDArray[Any]) -> None:
    """A frame is what `read_micrograph` makes of the same counts."""
    write(tmp_path / name, stored)
    np.save(tmp_path / "one.npy", stored[2])
    frames = open_frames(tmp_path / name)
    found = pixels_of(frames)
    assert (len(found), frames.n_frames) == (N, N)
    np.testing.assert_array_equal(found[2], read_micrograph(tmp_path / "one.npy").pixels)


def test_only_those_that_are_wanted_are_read(tmp_path: Path) -> None:
    write_ffv1(tmp_path / "a.mkv", DEEP)
    write_tiff(tmp_path / "b.tif", DEEP)
    for name in ("a.mkv", "b.tif"):
        every = pixels_of(open_frames(tmp_path / name))
        (frame,) = open_frames(tmp_path / name).read({3})
        assert frame.micrograph is not None
        assert (frame.index, frame.micrograph.metadata["frame"]) == (3, 3)
        np.testing.assert_array_equal(frame.micrograph.pixels, every[3])


def test_colours_become_luma(tmp_path: Path) -> None:
    """By ITU-R BT.601."""
    colours = np.random.default_rng(1).integers(0, 255, (N, H, W, 3), np.uint8)
    writer = cv2.VideoWriter(str(tmp_path / "a.avi"), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"png "), 10.0, (W, H))
    if not writer.isOpened():
        pytest.skip("no PNG codec")
    for frame in colours:
        writer.write(frame)
    writer.release()
    luma = np.rint(colours[0] @ [0.114, 0.587, 0.299])
    low, high = np.percentile(luma, (0.1, 99.9))
    expected = np.clip((luma - low) / (high - low), 0, 1)
    np.testing.assert_allclose(pixels_of(open_frames(tmp_path / "a.avi"))[0], expected, atol=1.1 / (high - low))


@pytest.mark.parametrize(
    ("metadata", "interval"),
    [
        ({"finterval": 5.0}, Interval(5.0, "ImageJ frame interval")),
        ({"finterval": 250.0, "tunit": "ms"}, Interval(0.25, "ImageJ frame interval")),
        ({"finterval": -1.0}, Interval()),
        ({}, Interval()),
    ],
)
def test_the_time_between_frames(tmp_path: Path, metadata: dict[str, Any], interval: Interval) -> None:
    write_tiff(tmp_path / "a.tif", DEEP, **metadata)
    assert open_frames(tmp_path / "a.tif").interval == interval
    assert open_frames(tmp_path / "a.tif", interval_s=2).interval == Interval(2, "argument")


def test_time_in_ome(tmp_path: Path) -> None:
    metadata = {"axes": "TYX", "TimeIncrement": 2.0, "TimeIncrementUnit": "min"}
    tifffile.imwrite(tmp_path / "a.ome.tif", DEEP, metadata=metadata)
    assert open_frames(tmp_path / "a.ome.tif").interval == Interval(120.0, "OME TimeIncrement")


def test_how_fast_a_video_is_shown_is_no_interval(tmp_path: Path) -> None:
    write_ffv1(tmp_path / "a.mkv", DEEP)
    frames = open_frames(tmp_path / "a.mkv")
    assert frames.interval == Interval()
    assert frames.remarks == [
        "the video shows 10 frames a second, which need not be how they were taken; times are not known"
    ]
    assert open_frames(tmp_path / "a.mkv", interval_s=5.0).remarks == []


def test_a_video_that_drops_a_frame(tmp_path: Path) -> None:
    write_gif(tmp_path / "a.gif", SHALLOW, [100, 200, 100, 100])
    frames = open_frames(tmp_path / "a.gif", interval_s=1)
    assert [frame.index for frame in frames.read()] == [0, 1, 3, 4]
    assert frames.remarks == ["1 frame is missing: 2 in the times of the video, counted from 0"]


def test_a_video_that_was_cut_short(tmp_path: Path) -> None:
    write_ffv1(tmp_path / "a.avi", DEEP)
    content = (tmp_path / "a.avi").read_bytes()
    (tmp_path / "cut.avi").write_bytes(content[: len(content) * 2 // 3])
    frames = open_frames(tmp_path / "cut.avi", interval_s=1)
    assert 0 < len(list(frames.read())) < N
    assert f"the video declares {N} frames and ends after" in " ".join(frames.remarks)


def test_images_of_several_sizes_in_a_file(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        for frame in (DEEP[0], DEEP[1], DEEP[2, :30], DEEP[3]):
            writer.write(frame)
    faults = [frame.fault for frame in open_frames(tmp_path / "a.tif").read()]
    assert faults.count(None) >= 2
    assert any(fault and "the frames before are 48 × 32 px" in fault for fault in faults)


def test_what_a_stack_is_not(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "one.tif", DEEP[0])
    with pytest.raises(InputError, match=r"one\.tif: holds one image; give a stack"):
        open_frames(tmp_path / "one.tif")
    for words, message in (({"interval_s": 0}, "interval of 0 s"), ({"pixel_size_nm": -1}, "pixel size of -1 nm")):
        with pytest.raises(InputError, match=message):
            open_frames(tmp_path / "one.tif", **words)  # type: ignore[arg-type]


def test_one_frame_is_in_memory_at_a_time(tmp_path: Path) -> None:
    n, side = 40, 400
    frames = np.lib.format.open_memmap(tmp_path / "a.npy", "w+", np.float32, (n, side, side))
    rng = np.random.default_rng(0)
    for index in range(n):
        frames[index] = rng.random((side, side), np.float32)
    frames.flush()
    opened = open_frames(tmp_path / "a.npy")
    tracemalloc.start()
    assert sum(1 for _ in opened.read()) == n
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 12 * side * side * 4, "of 40"


class TestNumbers:
    def test_natural_order(self) -> None:
        names = ["f10.tif", "f9.tif", "F1.tif", "f09.tif"]
        assert sorted(names, key=natural) == ["F1.tif", "f09.tif", "f9.tif", "f10.tif"]

    @pytest.mark.parametrize(
        ("names", "places", "remark"),
        [
            (["a1", "a2", "a3"], (0, 1, 2), None),
            (["a10", "a20", "a40"], (0, 1, 3), "1 frame is missing: 30 in"),
            (["a1_x", "a2_x", "a6_x", "a7_x"], (0, 1, 5, 6), "3 frames are missing: 3 to 5 in"),
            (["a1", "a2", "a9"], (0, 1, 2), "are no series"),
            (["a1", "a3", "a6"], (0, 1, 2), "are no series"),
            (["x", "y"], (0, 1), "do not tell their times"),
            (["a1_1", "a2_2"], (0, 1), "do not tell their times"),
            (
                ["f1.png", "f2.png", "f7.png", "overview.png"],
                (0, 1, 2, 3),
                "overview.png is named unlike the other",
            ),
            (["f1", "f1 copy", "f2", "f3", "x"], (0, 1, 2, 3, 4), "f1 copy, x are named unlike the other files"),
            (["only"], (0,), None),
        ],
    )
    def test_places(self, names: list[str], places: tuple[int, ...], remark: str | None) -> None:
        found = by_number(names)
        assert found.places == places
        assert (found.remark is None) if remark is None else (remark in (found.remark or ""))

    @given(
        present=st.sets(st.integers(0, 30), min_size=2, max_size=31),
        first=st.integers(0, 999),
        step=st.integers(1, 9),
    )
    def test_places_are_those_of_the_numbers(self, present: set[int], first: int, step: int) -> None:
        """Whatever is missing, as long as two neighbours and half of all are there."""
        places = sorted({0, 1} | present)
        found = by_number([f"v2_{first + step * place}.png" for place in places])
        if places[-1] + 1 <= 2 * len(places):
            assert found.places == tuple(places)
        assert by_time([0.04 * place for place in range(places[-1])]).remark is None

    @pytest.mark.parametrize(
        ("names", "places", "remark"),
        [
            (["a_120055", "a_120100", "a_120105", "a_120110"], (0, 1, 2, 3), None),
            (["120058", "120059", "120100", "120103"], (0, 1, 2, 5), "2 frames are missing: 12:01:01 to 12:01:02 in"),
            (["115950", "120000", "120010", "120020"], (0, 1, 2, 3), None),
            (["120051", "120058", "120105"], (0, 1, 2), None),
            (["120050", "120055", "120105", "120110"], (0, 1, 3, 4), "1 frame is missing: 12:01:00 in the times"),
            (["20240101_120055", "20240101_120100", "20240101_120105"], (0, 1, 2), None),
            (["20231231_235950", "20231231_235955", "20240101_000000", "20240101_000005"], (0, 1, 2, 3), None),
            (["20240228235950", "20240229000000", "20240229000020"], (0, 1, 3), "missing: 2024-02-29 00:00:10 in"),
            (
                ["20240101T000000_x", "20240101T000010_x", "20240101T000020_x", "20240101T000120_x"],
                (0, 1, 2, 8),
                "2024-01-01 00:00:30 to",
            ),
            # Counters: other numbers of digits, what no clock shows, a beginning.
            (["00055", "00056", "00057", "00100"], (0, 1, 2, 45), "42 frames are missing: 58 to 99 in"),
            (["a_000010", "a_000011", "a_000012", "a_000100"], (0, 1, 2, 90), "87 frames are missing: 13 to 99 in"),
            (
                ["120050", "120055", "120060", "120100"],
                (0, 1, 2, 10),
                "7 frames are missing: 120065 to 120095",
            ),
            (["000000", "000050", "000100", "000150"], (0, 1, 2, 3), None),
            (["240050", "240055", "240100", "240105"], (0, 1, 10, 11), "8 frames are missing: 240060 to 240095 in"),
            (["20240101_1", "20240102_2"], (0, 1), "do not tell their times"),
            (["20240132_120000", "20240133_120001"], (0, 1), "do not tell their times"),
        ],
    )
    def test_clock_times(self, names: list[str], places: tuple[int, ...], remark: str | None) -> None:
        found = by_number(names)
        assert found.places == places
        assert (found.remark is None) if remark is None else (remark in (found.remark or ""))

    @given(
        begin=st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2090, 1, 1)),
        step=st.integers(1, 200),
        n=st.integers(3, 40),
        form=st.sampled_from(["%Y%m%d%H%M%S", "x%Y%m%d_%H%M%S_y"]),
    )
    def test_steady_times_have_no_gaps(self, begin: datetime, step: int, n: int, form: str) -> None:
        names = [(begin + timedelta(seconds=step * place)).strftime(form) for place in range(n)]
        assert by_number(sorted(names, key=natural)) == Numbering(tuple(range(n)))

    def test_the_same_places_while_files_land(self) -> None:
        names = [
            f"{time:%H%M%S}" for time in (datetime(2024, 1, 1, 9, 58) + timedelta(seconds=5 * n) for n in range(99))
        ]
        for n in range(2, 99):
            assert by_number(names[:n]).places == tuple(range(n))

    def test_a_series_with_a_long_gap(self) -> None:
        found = by_number([f"f_{number}" for number in (*range(5), *range(105, 110))])
        assert found.places == (*range(5), *range(105, 110))
        assert found.remark == "100 frames are missing: 5 to 104 in the numbers of the files"
        assert by_time([0, 0.1, 0.2, 0.3, 50]).places == (0, 1, 2, 3, 500)
        hashes = by_number([f"f_{number}" for number in (1, 2, 3, 4, 10**25)])
        assert hashes.places == (0, 1, 2, 3, 4)
        assert "are no series; frames count in their order" in (hashes.remark or "")

    def test_times(self) -> None:
        assert by_time([0, 1.01, 2, 4, 5]).places == (0, 1, 2, 4, 5)
        assert by_time([0, 1, 2.5, 3.1]).remark == "frames are not shown evenly in time; they count in their order"
        assert by_time([3.0]).places == (0,)


def test_a_video_of_pictures_that_change_their_size(tmp_path: Path) -> None:
    """OpenCV brings them to the first one's."""

    def jpeg(shape: tuple[int, int]) -> bytes:
        file = io.BytesIO()
        Image.fromarray(np.random.default_rng(0).integers(0, 255, shape, np.uint8)).save(file, "JPEG")
        return file.getvalue()

    (tmp_path / "a.mjpeg").write_bytes(jpeg((H, W)) * 2 + jpeg((2 * H, W)) + jpeg((H, W)))
    faults = [frame.fault for frame in open_frames(tmp_path / "a.mjpeg", interval_s=1).read()]
    assert faults == [None, None, "is 48 × 64 px, the frames before are 48 × 32 px.", None]
