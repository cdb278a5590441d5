"""Refusals of several things at once."""

from __future__ import annotations

import pytest
from refusals import refusal

from samiam.errors import InputError, both


def refuse(message: str) -> object:
    raise InputError(message)


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ("a: no such file.", "b: none either.", "a: no such file; and b: none either."),
        ("a: no such file.", "a: no such file.", "a: no such file."),
    ],
)
def test_what_both_are_refused_for(first: str, second: str, said: str) -> None:
    assert refusal(lambda: both(lambda: refuse(first), lambda: refuse(second))) == said


def test_what_one_is_refused_for() -> None:
    assert refusal(lambda: both(lambda: refuse("a: bad."), lambda: 2)) == "a: bad."
    assert refusal(lambda: both(lambda: 1, lambda: refuse("b: bad."))) == "b: bad."
