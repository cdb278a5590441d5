"""Brush masks as Label Studio stores them: run lengths in a stream of bits, the format of thi.ng's rle-pack.

The stream holds the number of values (32 bits), the size of a value less 1 (5 bits) and four sizes of counts less 1
(4 bits each). Then chunk after chunk: 1 bit that is 1 for a run and 0 for literal values, 2 bits that choose a size of
count, the count less 1, and the one value of the run or as many literal values as were counted. Zeros fill the last
byte. The values are the colours (R, G, B, alpha) of the pixels, row by row, and alpha makes the mask.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from samiam.errors import InputError

_CHANNELS = 4  # red, green, blue and alpha, all of one value
_WORD_BITS = 8  # of each of them
# Those that Label Studio itself writes.
_COUNT_BITS = (3, 4, 8, 16)
_REMEDY = "it is damaged or cut short, export it again"


def decode_alpha(rle: bytes | Sequence[int], shape_hw: tuple[int, int]) -> NDArray[np.uint8]:
    """What a brush left of alpha, see `where_painted`.

    Args:
        rle: the bytes of the stream.
        shape_hw: height and width of the image in pixels.

    Returns:
        uint8 (H, W).

    Raises:
        InputError: if the stream is damaged or of an image of another size.
    """
    stream = _Bits(_as_bytes(rle))
    n_values, expected = stream.read(32), shape_hw[0] * shape_hw[1] * _CHANNELS
    if n_values != expected:
        raise InputError(
            f"brush RLE of {n_values} values, but {shape_hw[0]} × {shape_hw[1]} pixels have {expected}; "
            "export it again, with its image."
        )
    return _values(stream, n_values).reshape(*shape_hw, _CHANNELS)[..., -1]


def encode_mask(mask: NDArray[np.bool_]) -> list[int]:
    """The stream for a mask (H, W), its pixels 255 in all four channels and the others 0; bytes as whole numbers."""
    values = mask.ravel()
    starts = np.flatnonzero(np.diff(values, prepend=~values[:1]))
    lengths = (np.diff(starts, append=values.size) * _CHANNELS).tolist()
    parts = [f"{values.size * _CHANNELS:032b}{_WORD_BITS - 1:05b}", *(f"{bits - 1:04b}" for bits in _COUNT_BITS)]
    for start, length in zip(starts, lengths, strict=True):
        parts += [_run(count, 255 * int(values[start])) for count in _cut(length)]
    bits = np.frombuffer("".join(parts).encode(), np.uint8) - ord("0")
    stream: list[int] = np.packbits(bits).tolist()
    return stream


def _cut(length: int) -> Iterator[int]:
    """A run's length, in parts that the largest count can hold."""
    most = 1 << _COUNT_BITS[-1]
    yield from [most] * (length // most)
    if length % most:
        yield length % most


def _run(count: int, value: int) -> str:
    size, bits = next((size, bits) for size, bits in enumerate(_COUNT_BITS) if count <= 1 << bits)
    return f"1{size:02b}{count - 1:0{bits}b}{value:0{_WORD_BITS}b}"


def _as_bytes(rle: bytes | Sequence[int]) -> bytes:
    try:
        # Of a single number bytes() would make as many zeros.
        return rle if isinstance(rle, bytes) else bytes(list(rle))
    except (TypeError, ValueError):
        raise InputError(f"brush RLE is no list of whole numbers from 0 to 255; {_REMEDY}.") from None


def _values(stream: _Bits, n_values: int) -> NDArray[np.uint8]:
    """The values (n,) that follow the number of values."""
    word_bits = stream.read(5) + 1
    if word_bits > _WORD_BITS:
        raise InputError(f"brush RLE with values of {word_bits} bits, but colours have {_WORD_BITS}; {_REMEDY}.")
    count_bits = [stream.read(4) + 1 for _ in range(4)]
    values, done = np.empty(n_values, np.uint8), 0
    while done < n_values:
        is_run, size = stream.read(1), stream.read(2)
        begin, done = done, done + stream.read(count_bits[size]) + 1
        if done > n_values:
            raise InputError(f"brush RLE goes on after its {n_values} values; {_REMEDY}.")
        values[begin:done] = stream.read(word_bits) if is_run else stream.read_words(done - begin, word_bits)
    return values


class _Bits:
    """Bytes read as bits, the highest of each byte first."""

    def __init__(self, data: bytes) -> None:
        self._data, self._position = data, 0

    def read(self, n_bits: int) -> int:
        """The next bits as one number."""
        octets, begin, end = self._take(n_bits)
        return (int.from_bytes(octets) >> (8 * len(octets) - end)) & ((1 << (end - begin)) - 1)

    def read_words(self, n_words: int, word_bits: int) -> NDArray[np.uint8]:
        """The next `n_words` numbers of `word_bits` each, at most 8."""
        octets, begin, end = self._take(n_words * word_bits)
        bits = np.unpackbits(np.frombuffer(octets, np.uint8))[begin:end].reshape(n_words, word_bits)
        return np.packbits(bits, axis=1)[:, 0] >> np.uint8(8 - word_bits)

    def _take(self, n_bits: int) -> tuple[bytes, int, int]:
        """The bytes that hold the next bits, and from where to where these lie in them."""
        first, begin = divmod(self._position, 8)
        self._position += n_bits
        if self._position > 8 * len(self._data):
            raise InputError(f"brush RLE ends after {len(self._data)} bytes, before its last value; {_REMEDY}.")
        return self._data[first : (self._position + 7) // 8], begin, begin + n_bits
