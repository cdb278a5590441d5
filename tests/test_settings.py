from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import pytest

from samiam.errors import InputError
from samiam.settings import from_options


@dataclass(frozen=True)
class Settings:
    whole: int = 1
    real: float = 0.5
    flag: bool = False
    limit: float | None = None
    sizes: tuple[float, ...] = (1.0,)
    shape: tuple[int, int] = (1, 1)
    ring: tuple[str, float] = ("x", 1.0)
    rings: tuple[tuple[str, float], ...] = ()
    kind: Literal["a", "b"] = "a"


@pytest.mark.parametrize(
    "options",
    [
        {"whole": 3},
        {"real": 2},
        {"flag": True},
        {"limit": None},
        {"limit": 0.1},
        {"sizes": (2, 3.5)},
        {"sizes": ()},
        {"ring": ("a", 2)},
        {"rings": (("a", 2), ("b", 0.5))},
        {"kind": "b"},
        {"whole": 2, "real": 0.1, "flag": False},
    ],
)
def test_fitting_options(options: dict[str, Any]) -> None:
    assert from_options(Settings, "the thing", options) == Settings(**options)


def test_a_list_becomes_a_tuple() -> None:
    assert from_options(Settings, "the thing", {"sizes": [4, 5]}).sizes == (4, 5)


@pytest.mark.parametrize(
    ("name", "value", "needed"),
    [
        ("whole", 2.5, "a whole number"),
        ("whole", True, "a whole number"),
        ("real", "x", "a number"),
        ("flag", 1, "true or false"),
        ("limit", "none", "a number or null"),
        ("sizes", 3.0, "a list, each a number,"),
        ("sizes", [1, "x"], "a list, each a number,"),
        ("shape", [1, 2, 3], "a list of 2, each a whole number,"),
        ("ring", ["a"], "a list of text, a number,"),
        ("ring", ["a", 1, 2], "a list of text, a number,"),
        ("ring", [1, "a"], "a list of text, a number,"),
        ("rings", [["a", 1], ["b"]], "a list, each a list of text, a number,"),
        ("kind", "c", "'a' or 'b'"),
    ],
)
def test_options_of_another_type(name: str, value: object, needed: str) -> None:
    with pytest.raises(InputError) as caught:
        from_options(Settings, "the thing", {name: value})
    assert str(caught.value) == f"{name}={value!r}: the thing needs {needed} here."


def test_unknown_options() -> None:
    with pytest.raises(InputError, match=r"^the thing has no option foo; its options are whole, real, .*kind\.$"):
        from_options(Settings, "the thing", {"whole": 1, "foo": 2})
