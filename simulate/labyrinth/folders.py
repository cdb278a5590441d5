"""Videos as folders: written frame by frame, so that one that was interrupted goes on where it was; and read back.

A folder holds `frames/0000.tif`, … (8 bits), `stripes/0000.png`, … (where the stripes are, free of noise), `truth.csv`
(frame, row, column, kind), `frames.csv` (frame, and by how many pixels it has drifted since the first, down and to the
right) and `settings.json`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import tifffile
from PIL import Image
from tqdm import tqdm

from samiam.errors import InputError
from samiam.records import Micrograph
from samiam.records.polar_scene import Points, PolarScene
from samiam.settings import read_settings
from samiam.storage.files import made_folder, replacing
from simulate.labyrinth.settings import VideoSettings
from simulate.labyrinth.videos import Video

_SETTINGS, _TRUTH, _FRAMES = "settings.json", "truth.csv", "frames.csv"


def write_video(folder: str | Path, settings: VideoSettings) -> Path:
    """Draw a video into a folder; frames that are there already are kept.

    Args:
        folder: where to write.
        settings: of the video.

    Returns:
        The folder.

    Raises:
        InputError: if it cannot be written to, or holds a video that was drawn otherwise.
    """
    place, video = made_folder(folder), Video(settings)
    tables = _begun(place, settings)
    first = int(tables[_FRAMES]["frame"].max()) + 1 if len(tables[_FRAMES]) else 0
    with tqdm(total=len(video), initial=first, unit="frame", smoothing=0) as progress:
        for scene in video.frames_from(first) if first < len(video) else ():
            _write_images(place, scene)
            for name, rows in _rows_of(scene).items():
                tables[name] = pd.concat([tables[name], rows], ignore_index=True)
            for name, table in tables.items():  # frames.csv last: it says what there is
                with replacing(place / name) as path:
                    table.to_csv(path, index=False, float_format="%.3f", lineterminator="\n")
            progress.update()
    return place


def read_video(folder: str | Path) -> Iterator[PolarScene]:
    """The frames of a folder that `write_video` wrote, one after the other.

    Raises:
        InputError: if it holds none, or not all.
    """
    place = Path(folder)
    try:
        made: dict[str, Any] = json.loads((place / _SETTINGS).read_text(encoding="utf-8"))
        tables = {name: pd.read_csv(place / name) for name in (_TRUTH, _FRAMES)}
    except (OSError, ValueError) as error:
        raise InputError(f"{place}: holds no video of `python -m simulate labyrinth` ({type(error).__name__}).") from None
    settings = read_settings(VideoSettings, f"{place / _SETTINGS}", made)
    if len(tables[_FRAMES]) != settings.frames:
        raise InputError(f"{place}: has {len(tables[_FRAMES])} of {settings.frames} frames; give its command again.")
    for row in tables[_FRAMES].to_dict("records"):
        yield _read_scene(place, settings, row, tables[_TRUTH])


def _read_scene(place: Path, settings: VideoSettings, row: dict[Any, Any], truth: pd.DataFrame) -> PolarScene:
    number = int(row["frame"])
    video = Video(settings).name
    pixels = tifffile.imread(_frame(place, number)).astype(np.float32) / 255
    with Image.open(_stripes(place, number)) as image:
        stripes = np.asarray(image.convert("1"))
    own = truth[truth["frame"] == number]
    points = Points(own[["row", "column"]].to_numpy(), (own["kind"] == "junction").to_numpy())
    micrograph = Micrograph(pixels, name=f"{video}-{number:04d}")
    known = {"physics": settings.physics, "offset_px": [row["offset_row"], row["offset_column"]]}
    return PolarScene(micrograph, points, settings.sign, row["period_px"], stripes, video, number, known)


def _frame(place: Path, number: int) -> Path:
    return place / "frames" / f"{number:04d}.tif"


def _stripes(place: Path, number: int) -> Path:
    return place / "stripes" / f"{number:04d}.png"


def _begun(place: Path, settings: VideoSettings) -> dict[str, pd.DataFrame]:
    """The tables of what a folder has already, whose settings are written first.

    Raises:
        InputError: if it holds a video that was drawn otherwise.
    """
    wanted = json.dumps(asdict(settings), indent=1) + "\n"
    path = place / _SETTINGS
    if path.exists() and path.read_text(encoding="utf-8") != wanted:
        raise InputError(f"{place}: holds a video that was drawn otherwise; choose another folder.")
    with replacing(path) as partial:
        partial.write_text(wanted, encoding="utf-8")
    if not (place / _FRAMES).exists():
        return {_TRUTH: pd.DataFrame(), _FRAMES: pd.DataFrame()}
    tables = {name: pd.read_csv(place / name) for name in (_TRUTH, _FRAMES)}
    is_there = tables[_TRUTH]["frame"] <= tables[_FRAMES]["frame"].max()
    return {_TRUTH: tables[_TRUTH][is_there], _FRAMES: tables[_FRAMES]}


def _rows_of(scene: PolarScene) -> dict[str, pd.DataFrame]:
    points = scene.points
    rows, columns = points.positions_px.T
    kinds = np.where(points.is_junction, "junction", "end")
    offset_row, offset_column = scene.parameters["offset_px"]
    said = {"period_px": scene.period_px, "offset_row": offset_row, "offset_column": offset_column}
    return {
        _TRUTH: pd.DataFrame({"frame": scene.frame, "row": rows, "column": columns, "kind": kinds}),
        _FRAMES: pd.DataFrame({"frame": [scene.frame], **said}),
    }


def _write_images(place: Path, scene: PolarScene) -> None:
    with replacing(_frame(place, scene.frame)) as path:
        tifffile.imwrite(path, np.round(255 * scene.micrograph.pixels).astype(np.uint8))
    with replacing(_stripes(place, scene.frame)) as path:
        Image.fromarray(scene.stripes).save(path)
