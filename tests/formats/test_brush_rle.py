"""Label Studio's brush masks, from streams of bits written down by hand."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from refusals import refusal

from samiam.errors import InputError
from samiam.formats.brush_rle import decode_alpha, encode_mask

Chunk = tuple[bool, int, list[int]]


def packed(bits: str) -> bytes:
    """Bits, in groups for the eye, as bytes."""
    bits = bits.replace(" ", "")
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits), 8))


def stream(n_values: int, chunks: list[Chunk], word_bits: int = 8, count_bits: Sequence[int] = (3, 4, 8, 16)) -> bytes:
    """A stream of chunks (is it a run, which size of count, values), written independently of the encoder."""
    bits = f"{n_values:032b}{word_bits - 1:05b}" + "".join(f"{size - 1:04b}" for size in count_bits)
    for is_run, size, values in chunks:
        bits += f"{int(is_run)}{size:02b}{len(values) - 1:0{count_bits[size]}b}"
        bits += "".join(f"{value:0{word_bits}b}" for value in (values[:1] if is_run else values))
    return packed(bits)


HEADER = "00000000000000000000000000001000 00111 0010 0011 0111 1111"  # 8 values of 8 bits; counts of 3, 4, 8, 16


class TestByHand:
    def test_a_run_and_literals(self) -> None:
        run = "1 00 011 00000000"  # 4 zeros
        literals = "0 00 011 11111111 00000000 00000001 10000000"
        assert decode_alpha(packed(HEADER + run + literals), (1, 2)).tolist() == [[0, 128]]

    def test_only_alpha_counts(self) -> None:
        literals = "0 01 0111" + "11111111" * 3 + "00000000" + "00000000" * 3 + "00000001"
        assert decode_alpha(packed(HEADER + literals), (2, 1)).tolist() == [[0], [1]]

    def test_what_the_encoder_writes(self) -> None:
        runs = "1 00 011 11111111  1 00 011 00000000"
        assert bytes(encode_mask(np.array([[True, False]]))) == packed(HEADER + runs)

    def test_lists_of_numbers_as_json_has_them(self) -> None:
        assert decode_alpha(list(packed(HEADER + "1 00 111 00000001")), (1, 2)).all()

    def test_words_of_one_bit(self) -> None:
        found = decode_alpha(stream(8, [(False, 0, [0, 0, 0, 1, 1, 1, 1, 0])], word_bits=1), (1, 2))
        assert found.tolist() == [[1, 0]]

    def test_runs_beyond_the_largest_count(self) -> None:
        mask = np.ones((200, 200), bool)
        mask[-1, -1] = False
        stored = encode_mask(mask)
        assert len(stored) < 40
        np.testing.assert_array_equal(decode_alpha(stored, mask.shape) == 255, mask)


def test_what_label_studio_converter_writes() -> None:
    """`mask2rle` of its version 0.0.59; it adds a byte of zeros."""
    stored = [0, 0, 0, 48, 57, 27, 252, 96, 19, 255, 206, 1, 132, 255, 231, 0, 0]
    mask = np.array([[0, 1, 1, 0, 0, 1], [1, 1, 1, 1, 0, 0]], bool)
    np.testing.assert_array_equal(decode_alpha(stored, mask.shape) == 255, mask)
    assert encode_mask(mask) == stored[:-1]


@given(arrays.arrays(bool, arrays.array_shapes(min_dims=2, max_dims=2, max_side=20)))
def test_round_trip(mask: np.ndarray[tuple[int, int], np.dtype[np.bool_]]) -> None:
    np.testing.assert_array_equal(decode_alpha(encode_mask(mask), mask.shape) == 255, mask)


@given(st.data())
def test_any_stream_gives_back_its_values(data: st.DataObject) -> None:
    word_bits = data.draw(st.integers(1, 8))
    count_bits = tuple(data.draw(st.lists(st.integers(1, 16), min_size=4, max_size=4)))
    chunks: list[Chunk] = []
    wanted: list[int] = []
    while len(wanted) < 24:
        size = data.draw(st.integers(0, 3))
        count = data.draw(st.integers(1, min(24 - len(wanted), 1 << count_bits[size])))
        is_run = data.draw(st.booleans())
        drawn = data.draw(st.lists(st.integers(0, 2**word_bits - 1), min_size=count, max_size=count))
        chunks.append((is_run, size, drawn[:1] * count if is_run else drawn))
        wanted += chunks[-1][2]
    alpha = np.array(wanted).reshape(2, 3, 4)[..., 3]
    np.testing.assert_array_equal(decode_alpha(stream(24, chunks, word_bits, count_bits), (2, 3)), alpha)


class TestRefusals:
    def refusal(self, rle: object, shape_hw: tuple[int, int] = (1, 2)) -> str:
        return refusal(lambda: decode_alpha(rle, shape_hw))  # type: ignore[arg-type]

    @pytest.mark.parametrize("length", range(9))
    def test_cut_short(self, length: int) -> None:
        whole = stream(8, [(False, 0, [0, 0, 0, 1, 1, 1, 1, 0])])
        assert "cut short" in self.refusal(whole[:length])

    def test_another_size(self) -> None:
        whole = stream(8, [(True, 0, [1] * 8)])
        assert "8 values, but 3 × 2 pixels have 24" in self.refusal(whole, (3, 2))

    def test_a_number_of_values_that_would_fill_the_memory(self) -> None:
        assert "4294967295 values" in self.refusal(b"\xff" * 20)

    def test_too_many_values(self) -> None:
        assert "goes on after its 8 values" in self.refusal(stream(8, [(True, 1, [1] * 9)]))

    def test_words_that_are_no_colours(self) -> None:
        assert "values of 16 bits" in self.refusal(stream(8, [(True, 0, [1] * 8)], word_bits=16))

    @pytest.mark.parametrize("rle", [[0, 256], [-1], ["a"], None, 8, [0.5], {}])
    def test_no_bytes(self, rle: object) -> None:
        assert "brush RLE" in self.refusal(rle)

    @given(st.binary(max_size=60))
    def test_noise_raises_nothing_else(self, noise: bytes) -> None:
        whole = stream(24, []) + noise
        with contextlib.suppress(InputError):
            assert decode_alpha(whole, (2, 3)).shape == (2, 3)
