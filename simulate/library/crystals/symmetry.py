"""The symmetry that a CIF gives its atoms, by listed operations or by the name of a space group."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import spglib
from ase.spacegroup.spacegroup import parse_sitesym
from numpy.typing import NDArray

from samiam.errors import InputError

_LISTED = ("_space_group_symop_operation_xyz", "_space_group_symop.operation_xyz", "_symmetry_equiv_pos_as_xyz")
_NAMES = ("_space_group_name_h-m_alt", "_symmetry_space_group_name_h-m", "_space_group.name_h-m_alt")
_HALL = ("_space_group_name_hall", "_symmetry_space_group_name_hall")
_NUMBERS = ("_space_group_it_number", "_symmetry_int_tables_number", "_space_group.it_number")
_OPERATION = re.compile(r"[-+xyz0-9./]+(,[-+xyz0-9./]+){2}")
_FIRST_CUBIC = 195  # number of the space group; before 1992 the names of cubic ones lacked the bar of -3
_METRIC = 2e-3  # how far lengths squared may be from what the operations ask for; cells are given to 1e-3 or better


@dataclass(frozen=True, eq=False)
class Operations:
    """Symmetry operations, centring included.

    Attributes:
        rotations: int (n, 3, 3), of fractional coordinates.
        translations: float (n, 3).
    """

    rotations: NDArray[np.int64]
    translations: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.rotations)

    def images(self, place: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where fractional coordinates (3,) are brought to, (n, 3)."""
        return np.asarray(self.rotations @ place + self.translations)

    def fit(self, cell: NDArray[np.float64]) -> bool:
        """Whether a cell, (3, 3) with vectors in rows, has this symmetry."""
        metric = cell @ cell.T
        turned = np.swapaxes(self.rotations, 1, 2) @ metric @ self.rotations
        return bool(np.abs(turned - metric).max() <= _METRIC * metric.max())


def operations_of(tags: Mapping[str, Any], cell: NDArray[np.float64]) -> list[Operations]:
    """The operations that a CIF may mean, mostly one set; several where a name leaves open the setting or the origin.

    Args:
        tags: of the CIF's block, in lower case.
        cell: (3, 3), vectors in rows.

    Raises:
        InputError: if there is no symmetry, an unknown or contradictory one, or one that the cell has not.
    """
    listed = _first(tags, _LISTED)
    named = [_of_setting(number) for number in _settings(tags)]
    if listed is None and not named:
        raise InputError("it says nothing of its symmetry, or has an unknown space group; list the operations in it")
    if listed is None:
        found = named
    else:
        own = _read(listed if isinstance(listed, list) else [listed])
        is_as_named = not named or len(own) in map(len, named)
        found = [own] if is_as_named else [own, *named]
    if fitting := [one for one in found if one.fit(cell)]:
        return fitting
    raise InputError("its cell does not have the symmetry of its space group; mend one of them")


def _first(tags: Mapping[str, Any], names: Sequence[str]) -> Any:  # noqa: ANN401
    """The first of several entries that says something."""
    found = (tags.get(name) for name in names)
    return next((value for value in found if value not in (None, "?", ".", "")), None)


def _read(listed: Sequence[object]) -> Operations:
    """Operations as `x, y, z+1/2`."""
    plain = ["".join(str(operation).lower().split()) for operation in listed]
    if bad := [operation for operation in plain if not _OPERATION.fullmatch(operation)]:
        raise InputError(f"{bad[0][:40]!r} is no symmetry operation")
    rotations, translations = parse_sitesym(plain)
    rotations = rotations.astype(np.int64)
    often = Counter(rotation.tobytes() for rotation in rotations)
    distinct = np.unique(rotations, axis=0)
    products = (distinct[:, None] @ distinct[None]).reshape(-1, 3, 3)
    if len(set(often.values())) > 1 or {one.tobytes() for one in products} != often.keys():
        raise InputError("its symmetry operations make no group, so some are missing; list them all")
    # Thirds and the like are written with few digits.
    exact = np.round(translations * 24) / 24
    return Operations(rotations, np.where(np.abs(translations - exact) < 4e-3, exact, translations))


def _settings(tags: Mapping[str, Any]) -> list[int]:
    """The Hall numbers of a named space group, none where it is not named or unknown."""
    number = _first(tags, _NUMBERS)
    if hall := _first(tags, _HALL):
        found = {n for n, kind in _kinds().items() if _bare(kind.hall_symbol) == _bare(str(hall))}
    elif name := _first(tags, _NAMES):
        found = _of_name(str(name))
    else:
        return [n for n, kind in _kinds().items() if str(kind.number) == str(number)]
    if found and number is not None and not any(str(_kinds()[n].number) == str(number) for n in found):
        raise InputError(f"its space group has a name and another number, {number}; mend one of them")
    return sorted(found)


def _of_name(name: str) -> set[int]:
    whole = _bare(name)
    bare, choice = re.fullmatch(r"(.*?)(?::([12hr])|)", whole).groups()  # type: ignore[union-attr]
    if bare not in _names() and bare[-1:] in "szhr":  # as ICSD names the origins, and both axes of R
        bare, choice = bare[:-1], {"s": "1", "z": "2"}.get(bare[-1], bare[-1])
    found = _names().get(bare, set())
    return {number for number in found if choice in (None, _kinds()[number].choice.lower())}


def _bare(name: str) -> str:
    """A name in lower case without spaces and underscores, subscripts (which ase makes of `~3~`) as plain digits."""
    return re.sub(r"[\s_]", "", unicodedata.normalize("NFKC", name).lower())


@cache
def _kinds() -> dict[int, Any]:
    """All 530 settings of the space groups by Hall number."""
    return {number: spglib.get_spacegroup_type(number) for number in range(1, 531)}


@cache
def _names() -> dict[str, set[int]]:
    """The Hall numbers of what settings are called, today and in former times."""
    names: dict[str, set[int]] = {}
    for number, kind in _kinds().items():
        spellings = kind.international.split(" = ")
        specific = spellings[1:] or spellings
        short = [" ".join(part for part in one.split() if part != "1") for one in specific if len(spellings) > 1]
        for spelling in {*specific, *short, kind.international_full}:
            names.setdefault(_bare(spelling), set()).add(number)
    former: dict[str, set[int]] = {}
    for name, numbers in names.items():
        is_cubic = min(_kinds()[number].number for number in numbers) >= _FIRST_CUBIC
        glides = [name.replace("e", glide) for glide in "abc"] if "e" in name else []  # e is of 1992, too
        for old in [name.replace("-3", "3")] * is_cubic + glides:
            if old not in names:
                former.setdefault(old, set()).update(numbers)
    return {**former, **names}


@cache
def _of_setting(hall_number: int) -> Operations:
    found: Any = spglib.get_symmetry_from_database(hall_number)
    return Operations(found["rotations"].astype(np.int64), found["translations"])
