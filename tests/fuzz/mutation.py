"""Small valid files made hostile: by what a damaged disk, a careless program or a malicious person does to them.

Formats with checksums are put right again after a change, so that what lies behind the checksum is tried as well.
"""

from __future__ import annotations

import io
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from random import Random

import numpy as np

Change = Callable[[bytes, Random], bytes]

_WORDS = [
    *("", "0", "-1", "1.5", "1e400", "-1e400", "NaN", "Infinity", "null", "true", "None", "nan", "1e200"),
    *(
        '""',
        "[]",
        "{}",
        '{"a": 1}',
        "[[1]]",
        "?",
        ".",
        "..",
        "../../up",
        "/",
        "\\",
        "=1+1",
        "~",
        "!!python/object:os.system",
    ),
    *("2147483648", "1000000000000", "-9223372036854775809", "9" * 5000, "0." + "3" * 3000, "x" * 70_000),
    *(
        "\x00",
        "\x1b[31m",
        "\ud83d\ude00",
        "é\u202e",
        "\n",
        "\r\n",
        "\t",
        ",",
        ";",
        ":",
        "&a [*a,*a]",
        "${a.b}",
        "%s",
        "<b>",
    ),
    *("[" * 3000, '{"a":' * 3000, "(" * 300),
]
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[-+]?\d[\d.eE+-]*|\w+|[^\w\s]')
_NUMBERS = [0, 1, 2, 3, 7, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 10**9, 3 * 10**9]
_LONG_NUMBERS = [*_NUMBERS, 10**12, 2**62, 2**63 - 1, 2**63, 2**64 - 1]
_REPLACEMENTS = (
    np.float64(np.nan),
    np.array(None),
    np.zeros(0),
    np.zeros((0, 3), np.uint8),
    np.full((2, 2), np.nan),
    np.arange(-3, 9),
    np.array("text"),
    np.array(["a", "b"]),
    np.zeros((3, 5, 7, 2), np.int8),
    np.array([2**62, 2**62]),
    np.zeros((4, 4), np.complex64),
    np.zeros((40, 40), [("a", "u1"), ("b", "f4")]),
)


def mutated(name: str, content: bytes, rng: Random) -> bytes:
    """A file's content with one to four changes.

    Args:
        name: of the file; its suffix tells which changes may get past the first look at it.
        content: of a valid file.
        rng: draws the changes.
    """
    changes = _CHANGES.get(name.rpartition(".")[2].lower(), _OF_BYTES)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        content = rng.choice(changes)(content, rng)
    return content


def flip(content: bytes, rng: Random) -> bytes:
    """Other bits in some bytes, rather at the beginning, where headers are."""
    changed = bytearray(content)
    for _ in range(rng.choice((1, 3, 10)) if changed else 0):
        changed[_place(content, rng)] = rng.randrange(256)
    return bytes(changed)


def cut(content: bytes, rng: Random) -> bytes:
    """Only the beginning."""
    return content[: rng.choice((0, 1, 4, _place(content, rng), len(content) - 1, rng.randrange(len(content) + 1)))]


def write_number(content: bytes, rng: Random) -> bytes:
    """A number as no valid file has it, of 1 to 8 bytes, in place of others."""
    letter = rng.choice("BHIIIQfd")
    if letter in "fd":
        packed = struct.pack(rng.choice("<>") + letter, rng.choice((0.0, -1.0, np.nan, np.inf, 1e-30, 1e30)))
    else:
        n_bytes = struct.calcsize(letter)
        number = rng.choice(_LONG_NUMBERS) & (2 ** (8 * n_bytes) - 1)
        packed = struct.pack(rng.choice("<>") + letter, number)
    at = _place(content, rng) // rng.choice((1, 2, 4)) * rng.choice((1, 2, 4))
    return content[:at] + packed + content[at + len(packed) :]


def repeat(content: bytes, rng: Random) -> bytes:
    """A part of the file twice, or left out."""
    start, end = sorted((_place(content, rng), _place(content, rng)))
    return content[:end] + content[start:] if rng.randrange(2) else content[:start] + content[end:]


def other_words(content: bytes, rng: Random) -> bytes:
    """A number, name or sign of a text in place of another."""
    text = content.decode("utf-8", "replace")
    tokens = list(_TOKEN.finditer(text))
    if not tokens:
        return rng.choice(_WORDS).encode("utf-8", "replace")
    token = rng.choice(tokens)
    word = rng.choice((*_WORDS, rng.choice(tokens).group(), rng.choice(tokens).group()))
    word = json.dumps(word) if token.group().startswith('"') and rng.randrange(2) else word
    return (text[: token.start()] + word + text[token.end() :]).encode("utf-8", "replace")


def other_lines(content: bytes, rng: Random) -> bytes:
    """A line twice, left out or elsewhere."""
    lines = content.splitlines(keepends=True)
    line = rng.choice(lines) if lines else b""
    if line and rng.randrange(2):
        lines.remove(line)
    lines.insert(rng.randrange(len(lines) + 1), rng.choice((line, line, b"")))
    return b"".join(lines)


def other_encoding(content: bytes, rng: Random) -> bytes:
    """The text as other programs save it, or as none does."""
    text = content.decode("utf-8", "replace")
    return rng.choice((text.encode("utf-16"), text.encode("utf-8-sig"), b"\xff\xfe" + content, content + b"\xe9\x00"))


def with_checksums(change: Change) -> Change:
    """A change of a PNG whose checksums are right again."""

    def changed(content: bytes, rng: Random) -> bytes:
        return repaired_png(change(content, rng))

    return changed


def repaired_png(content: bytes) -> bytes:
    """The PNG with the checksum that each chunk has to have."""
    done, at = content[:8], 8
    while at + 12 <= len(content):
        length = int.from_bytes(content[at : at + 4])
        body = content[at + 4 : at + 8 + length]
        done += content[at : at + 4] + body + zlib.crc32(body).to_bytes(4)
        at += 12 + length
    return done + content[at:]


def other_pixels(content: bytes, rng: Random) -> bytes:
    """A PNG that declares other sides, depth or colours than it has."""
    at, n_bytes = rng.choice(((16, 4), (20, 4), (24, 1), (25, 1), (28, 1)))
    number = rng.choice(_NUMBERS) if n_bytes == 4 else rng.randrange(20)
    return repaired_png(content[:at] + (number & 0xFFFFFFFF).to_bytes(4)[-n_bytes:] + content[at + n_bytes :])


def other_array(content: bytes, rng: Random) -> bytes:
    """An archive of arrays in which one is another, missing, or what its JSON says is."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            arrays = dict(archive)
    except Exception:  # what was changed before
        return flip(content, rng)
    name = rng.choice(sorted(arrays))
    array = np.asarray(arrays[name])  # bytes, where it was none
    if array.dtype.kind == "U" and array.ndim == 0 and rng.randrange(4):
        arrays[name] = np.array(other_words(str(array).encode(), rng).decode("utf-8", "replace"))
    elif rng.randrange(4) == 0:
        del arrays[name]
    else:
        arrays[name] = _other(array, rng)
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def _other(array: np.ndarray, rng: Random) -> np.ndarray:  # type: ignore[type-arg]
    """An array of another shape, type or content."""
    ways: Mapping[int, Callable[[], np.ndarray]] = {  # type: ignore[type-arg]
        0: lambda: np.asarray(rng.choice(_REPLACEMENTS)),
        1: lambda: array[None],
        2: lambda: array.ravel()[: max(0, array.size - 1)],
        3: lambda: array.astype(rng.choice("?bhqBfdO"), copy=True) if array.dtype.kind in "biuf" else array[..., None],
        4: lambda: array.T,
        5: lambda: np.full_like(array, rng.choice((0, 1, 255)) if array.dtype.kind in "iufb" else array.ravel()[0]),
    }
    return ways[rng.randrange(len(ways))]()


def other_header(content: bytes, rng: Random) -> bytes:
    """Safetensors or an array of NumPy whose header says something else, its length put right."""
    is_npy = content[:6] == b"\x93NUMPY"
    start, form = (10, "<H") if is_npy else (8, "<Q")
    if len(content) < start:
        return content
    (length,) = struct.unpack(form, content[start - struct.calcsize(form) : start])
    header = other_words(content[start : start + length], rng)[:60_000]
    before = content[: start - struct.calcsize(form)]
    return before + struct.pack(form, len(header)) + header + content[start + length :]


def other_member(content: bytes, rng: Random) -> bytes:
    """A zip archive in which one member is another."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
    except Exception:  # what was changed before
        return flip(content, rng)
    name = rng.choice(sorted(members))
    members[name] = rng.choice((flip, cut, write_number, repeat))(members[name], rng)
    if rng.randrange(4) == 0:
        members[rng.choice(("../../out", "/abs", "a" * 300, "b/../../c", "CON"))] = members.pop(name)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, inside in members.items():
            archive.writestr(member, inside)
    return file.getvalue()


def _place(content: bytes, rng: Random) -> int:
    n = len(content)
    return min(rng.choice((rng.randrange(n), rng.randrange(min(n, 512)), rng.randrange(min(n, 64)))), n - 1) if n else 0


_OF_BYTES = (flip, cut, write_number, write_number, write_number, repeat)
_OF_TEXT = (other_words, other_words, other_words, other_words, other_lines, other_encoding, cut)
_CHANGES: Mapping[str, tuple[Change, ...]] = {
    **dict.fromkeys(("json", "csv", "yaml", "cif", "txt"), _OF_TEXT),
    "png": (other_pixels, other_pixels, *map(with_checksums, (flip, write_number, repeat)), cut, flip),
    "npz": (other_array, other_array, other_array, other_member, *_OF_BYTES),
    "npy": (other_header, other_header, *_OF_BYTES),
    "safetensors": (other_header, other_header, *_OF_BYTES),
    "pth": (other_member, other_member, *_OF_BYTES),
    "ckpt": (other_member, other_member, *_OF_BYTES),
    "zip": (other_member, *_OF_BYTES),
}
