"""PNGs that annotators painted: masks in any colour, and label images with a number for each material."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from samiam.datasets.two_levels import DARK, REMEDY, where_painted
from samiam.errors import InputError
from samiam.formats.readers.orientation import how_to_turn
from samiam.formats.readers.pictures.png import orientation_of

_NUMBER_MODES = ("1", "L", "P", "I", "I;16")
_HEADER = struct.Struct(">8x4x4sIIBB")  # the kind of the first chunk, width, height, bits of a sample, kind of colour
_PALETTE = 3  # the kind of colour whose samples are no brightness


def read_mask(path: Path, shape_hw: tuple[int, int]) -> NDArray[np.bool_]:
    """Where a mask is painted, (H, W): where it is not black or, if parts of it are transparent, where it is opaque.

    Args:
        path: the PNG, of any kind.
        shape_hw: what it has to be, in pixels; looked at before anything is decoded.

    Raises:
        InputError: if the file is missing, damaged, no PNG or of another shape, or what is painted cannot be told:
            there are more levels than two, no black beside several colours, or black and others on a transparent
            ground.
    """
    found_hw = _shape_and_bits(path)[0]
    if found_hw != shape_hw:
        raise InputError(f"{path}: {found_hw} pixels, but the image has {shape_hw}; export both again.")
    pixels = _decoded(path).reshape(*shape_hw, -1)
    n_colours = pixels.shape[2] - 1 + pixels.shape[2] % 2  # alpha comes last, beside one colour or three
    colours, alpha = pixels[..., :n_colours], pixels[..., n_colours:]
    brightness = colours.max(axis=2)
    if alpha.size and (alpha < np.iinfo(alpha.dtype).max).any():
        return _where_opaque(path, brightness, alpha[..., 0])
    if brightness.min() > DARK * brightness.max() and np.ptp(colours, axis=(0, 1)).max() > DARK * brightness.max():
        raise InputError(f"{path}: several colours and no black, so what is painted cannot be told; {REMEDY}.")
    return where_painted(brightness, path)


def read_numbers(path: Path) -> NDArray[np.int64]:
    """The numbers (H, W) in a grey picture of 1, 8 or 16 bits, or the places of its colours in a palette.

    Raises:
        InputError: if the file is missing, damaged, no PNG or of other colours; or a number other than 0 is
            transparent.
    """
    _, bits, colour = _shape_and_bits(path)
    if colour != _PALETTE and bits in (2, 4):
        raise InputError(f"{path}: grey of {bits} bits, which programs read as different numbers; save it with 8 bits.")
    try:
        with Image.open(path, formats=["PNG"]) as picture:
            picture.load()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise InputError(f"{path}: not a readable PNG; it is damaged or cut short.") from error
    if picture.mode not in _NUMBER_MODES:
        raise InputError(
            f"{path}: a picture of kind {picture.mode}, but a label image has one number a pixel; "
            "save it as 8-bit or 16-bit grey, or with a palette."
        )
    numbers = np.asarray(picture).astype(np.int64)
    _check_visible(path, numbers, picture.info.get("transparency"))
    return numbers


def _where_opaque(path: Path, brightness: NDArray[Any], alpha: NDArray[Any]) -> NDArray[np.bool_]:
    opaque = where_painted(alpha, path)
    darkest, brightest = brightness[opaque].min(initial=brightness.max()), brightness[opaque].max(initial=0)
    if darkest <= DARK * brightest and brightest > DARK * np.iinfo(brightness.dtype).max:
        raise InputError(f"{path}: black and other colours on a transparent ground; {REMEDY}.")
    return opaque


def _check_visible(path: Path, numbers: NDArray[np.int64], transparency: int | bytes | None) -> None:
    """Refuse numbers that are transparent: they may be meant as what is not labelled."""
    if isinstance(transparency, bytes):
        transparent = [number for number, opacity in enumerate(transparency) if opacity == 0]
    else:
        transparent = [] if transparency is None else [transparency]
    if hidden := [number for number in transparent if number and (numbers == number).any()]:
        raise InputError(f"{path}: number {hidden[0]} is transparent; make it 0 where nothing is labelled, or opaque.")


def _shape_and_bits(path: Path) -> tuple[tuple[int, int], int, int]:
    """Height and width, bits of a sample and kind of colour, as the header of a PNG has them."""
    try:
        with open(path, "rb") as file:
            kind, width, height, bits, colour = _HEADER.unpack(file.read(_HEADER.size))
    except FileNotFoundError:
        raise InputError(f"{path}: missing.") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}).") from None
    except struct.error:
        kind = b""
    if kind != b"IHDR":
        raise InputError(f"{path}: not a readable PNG; it is damaged, cut short or of another format.")
    if turned := how_to_turn(orientation_of(path)):
        raise InputError(f"{path}: is shown {turned}, as its EXIF says, by some programs only; save it without EXIF.")
    return (height, width), bits, colour


def _decoded(path: Path) -> NDArray[Any]:
    """All bits of all channels, palettes and transparent colours resolved: (H, W) or (H, W, channels)."""
    try:
        decoded: NDArray[Any] = imagecodecs.png_decode(path.read_bytes())
    except (OSError, ValueError, imagecodecs.PngError) as error:
        raise InputError(f"{path}: not a readable PNG; it is damaged or cut short.") from error
    return decoded
