"""Crystals from CIFs as programs and databases write them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from ase.spacegroup import Spacegroup
from ase.spacegroup import crystal as ase_crystal
from numpy.typing import NDArray
from refusals import refusal

from simulate.library.crystals import Crystal, cif, crystal, from_cif

Read = Callable[[str], Crystal]
Site = tuple[str, float, float, float]
CUBIC_A = 4.2
WURTZITE = (3.25, 3.25, 5.2, 90, 90, 120)
ZNO: list[Site] = [("Zn", 1 / 3, 2 / 3, 0), ("O", 1 / 3, 2 / 3, 0.38)]
ZNO_ROUNDED: list[Site] = [("Zn", 0.33, 0.67, 0), ("O", 0.33, 0.67, 0.38)]
P63MC = ["x,y,z", "-y,x-y,z", "-x+y,-x,z", "-x,-y,z+1/2", "y,-x+y,z+1/2", "x-y,x,z+1/2"]
P63MC += ["-y,-x,z", "-x+y,y,z", "x,x-y,z", "y,x,z+1/2", "x-y,-y,z+1/2", "-x,-x+y,z+1/2"]


def cubic(a_A: float = CUBIC_A) -> tuple[float, ...]:
    return (a_A, a_A, a_A, 90, 90, 90)


def text(
    cell: Sequence[float],
    sites: Sequence[Sequence[object]],
    symmetry: str = "_space_group_name_H-M_alt 'P 1'",
    columns: Sequence[str] = ("type_symbol", "fract_x", "fract_y", "fract_z"),
    name: str = "mine",
) -> str:
    tags = ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma")
    lines = [f"data_{name}", *(f"_cell_{tag} {value}" for tag, value in zip(tags, cell, strict=True)), symmetry]
    lines += ["loop_", *(f"_atom_site_{column}" for column in columns)]
    return "\n".join([*lines, *(" ".join(map(str, site)) for site in sites)]) + "\n"


def listed(operations: Sequence[str]) -> str:
    return "loop_\n_space_group_symop_operation_xyz\n" + "\n".join(f"'{operation}'" for operation in operations)


def named(name: str) -> str:
    return f"_symmetry_space_group_name_H-M '{name}'"


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read_text(content: str) -> Crystal:
        (tmp_path / "mine.cif").write_text(content, encoding="utf-8")
        return from_cif(tmp_path / "mine.cif")

    return read_text


def counts(unit: Crystal) -> dict[str, int]:
    symbols = unit.atoms.get_chemical_symbols()
    return {element: symbols.count(element) for element in unit.sites}


def are_one(first: NDArray[np.float64], second: NDArray[np.float64], within: float = 1e-3) -> bool:
    """Whether two lists of fractional coordinates are the same places."""
    offsets = first[:, None] - second[None]
    near = np.abs(offsets - np.round(offsets)).max(axis=2) < within
    return len(first) == len(second) and bool(near.any(axis=1).all())


class TestRoundedPlaces:
    @pytest.mark.parametrize(
        "symmetry",
        [
            named("P 63 m c"),
            named("P6_3mc"),
            named("P 6~3~ m c"),
            "_space_group_IT_number 186",
            "_space_group_name_Hall 'P 6c -2c'",
            listed(P63MC),
            f"{named('P 63 m c')}\n_symmetry_Int_Tables_number 186\n{listed(P63MC)}",
        ],
    )
    def test_zinc_oxide_has_four_atoms(self, read: Read, symmetry: str) -> None:
        exact, rounded = (read(text(WURTZITE, sites, symmetry)) for sites in (ZNO, ZNO_ROUNDED))
        assert counts(exact) == counts(rounded) == {"Zn": 2, "O": 2}
        for unit in (exact, rounded):
            assert are_one(unit.atoms.get_scaled_positions()[:2], np.array([[1 / 3, 2 / 3, 0], [2 / 3, 1 / 3, 0.5]]))
        assert exact.source == "CIF mine.cif"
        assert rounded.source == "CIF mine.cif, atoms moved by up to 0.02 Å onto special places"

    @pytest.mark.parametrize("places", [(0.3333, 0.6667), (0.3, 0.7), (0.34, 0.66)])
    def test_however_few_digits(self, read: Read, places: tuple[float, float]) -> None:
        unit = read(text(WURTZITE, [("Zn", *places, 0), ("O", *places, 0.38)], named("P 63 m c")))
        assert counts(unit) == {"Zn": 2, "O": 2}
        assert are_one(unit.atoms.get_scaled_positions()[:2], np.array([[1 / 3, 2 / 3, 0], [2 / 3, 1 / 3, 0.5]]))

    def test_a_place_too_far_from_a_special_one_is_refused(self, read: Read) -> None:
        sites = [("Zn", 0.25, 0.75, 0)]
        assert "images of Zn at [0.25, 0.75, 0.0] nearly coincide; give more digits" in refusal(
            lambda: read(text((2, 2, 5.2, 90, 90, 120), sites, named("P 63 m c")))
        )

    def test_places_that_are_listed_one_by_one_beside_the_symmetry(self, read: Read) -> None:
        whole = [("Na", x, y, z) for x, y, z in ((0, 0, 0), (0.5, 0.5, 0), (0.5, 0, 0.5), (0, 0.5, 0.5))]
        assert counts(read(text(cubic(), whole, named("F m -3 m")))) == {"Na": 4}


class TestSpaceGroups:
    @pytest.mark.parametrize(
        "name",
        ["F m -3 m", "Fm-3m", "F m 3 m", "Fm3m", "F_m_-3_m", "F 4/m -3 2/m", "FM-3M"],
    )
    def test_spellings(self, read: Read, name: str) -> None:
        assert counts(read(text(cubic(), [("Na", 0, 0, 0), ("Cl", 0.5, 0.5, 0.5)], named(name)))) == {"Na": 4, "Cl": 4}

    @pytest.mark.parametrize(
        ("number", "setting", "name", "cell"),
        [
            (227, 1, "F d -3 m :1", cubic(5.43)),
            (227, 1, "F d -3 m S", cubic(5.43)),
            (227, 2, "F d -3 m :2", cubic(5.43)),
            (227, 2, "F d 3 m Z", cubic(5.43)),
            (166, 1, "R -3 m :H", (4.4, 4.4, 30.5, 90, 90, 120)),
            (166, 1, "R -3 m", (4.4, 4.4, 30.5, 90, 90, 120)),
            (166, 2, "R -3 m R", (6, 6, 6, 70, 70, 70)),
            (166, 2, "R-3m", (6, 6, 6, 70, 70, 70)),
            (14, 1, "P 21/c", (5.1, 5.2, 5.3, 90, 99.2, 90)),
            (14, 1, "P 1 21/c 1", (5.1, 5.2, 5.3, 90, 99.2, 90)),
            (62, 1, "Pnma", (5.4, 7.6, 5.3, 90, 90, 90)),
            (64, 1, "Cmca", (5.4, 13, 5.3, 90, 90, 90)),
            (136, 1, "P 42/m n m", (4.6, 4.6, 2.96, 90, 90, 90)),
            (221, 1, "Pm3m", cubic(3.9)),
            (205, 1, "P a 3", cubic(5.4)),
            (216, 1, "F -4 3 m", cubic(5.65)),
            (2, 1, "P -1", (5, 6, 7, 80, 95, 101)),
        ],
    )
    def test_against_the_tables_of_ase(
        self, read: Read, number: int, setting: int, name: str, cell: tuple[float, ...]
    ) -> None:
        places = [(0, 0, 0), (0.07, 0.29, 0.37)] if number != 227 else [(0.125, 0.125, 0.125), (0, 0, 0)]
        cell = (*(3 * length for length in cell[:3]), *cell[3:])  # so that no atoms come near
        wanted = ase_crystal(["Ti", "O"], places, spacegroup=number, setting=setting, cellpar=cell)
        sites = [(element, *place) for element, place in zip(("Ti", "O"), places, strict=True)]
        operations = listed([_xyz(*one) for one in Spacegroup(number, setting).get_symop()])
        for symmetry in (named(name), operations):
            unit = read(text(cell, sites, symmetry))
            for element in ("Ti", "O"):
                found, right = (
                    atoms.get_scaled_positions()[[symbol == element for symbol in atoms.symbols]]
                    for atoms in (unit.atoms, wanted)
                )
                assert are_one(found, right)

    def test_an_open_origin_is_refused_unless_it_does_not_matter(self, read: Read) -> None:
        for symmetry in (named("F d -3 m"), "_space_group_IT_number 227"):
            silicon = text(cubic(5.43), [("Si", 0, 0, 0)], symmetry)
            assert "leaves open which crystal is meant; list the symmetry operations" in refusal(lambda: read(silicon))  # noqa: B023
        assert counts(read(text((5, 6, 7, 90, 90, 90), [("C", 0, 0, 0)], named("P n n n :2")))) == {"C": 4}

    @pytest.mark.parametrize(
        ("symmetry", "part"),
        [
            ("", "says nothing of its symmetry"),
            (named("F q 3 m"), "or has an unknown space group"),
            (named("F m -3 m:1"), "or has an unknown space group"),  # it has one origin
            (named("?"), "says nothing of its symmetry"),
            (named("P 63 m c"), "its cell does not have the symmetry"),
            (named("P m -3 m") + "\n_space_group_IT_number 225", "has a name and another number, 225"),
            (listed(["x,y,z", "-x,-y"]), "'-x,-y' is no symmetry operation"),
            (listed(["x,y,z", "-x,-y,q"]), "'-x,-y,q' is no symmetry operation"),
            (listed(["x,y,z", "-y,x,z"]), "make no group, so some are missing"),
            (listed(["x,y,z", "-x,-y,-z", "x+1/2,y+1/2,z"]), "make no group"),
            (listed(["x,y,z"]) + "\n" + named("F m -3 m"), "leaves open which crystal is meant"),
        ],
    )
    def test_refused_with_the_reason(self, read: Read, symmetry: str, part: str) -> None:
        assert part in refusal(lambda: read(text(cubic(), [("Na", 0, 0, 0)], symmetry)))

    def test_operations_of_few_digits(self, read: Read) -> None:
        few = ["x,y,z", "x+.333,y+0.667,z+0.667", "X+0.667, Y+0.333, Z+.333"]
        unit = read(text((4.4, 4.4, 30.5, 90, 90, 120), [("Bi", 0, 0, 0)], listed(few)))
        assert are_one(
            unit.atoms.get_scaled_positions(), np.array([[0, 0, 0], [1 / 3, 2 / 3, 2 / 3], [2 / 3, 1 / 3, 1 / 3]]), 1e-6
        )


def _xyz(rotation: NDArray[np.int64], translation: NDArray[np.float64]) -> str:
    rows = [
        "".join(f"{'+' if c > 0 else '-'}{axis}" for c, axis in zip(row, "xyz", strict=True) if c) for row in rotation
    ]
    return ",".join(f"{row}+{shift % 1:.4f}" for row, shift in zip(rows, translation, strict=True))


COLUMNS = ("label", "fract_x", "fract_y", "fract_z", "occupancy")


class TestSites:
    @pytest.mark.parametrize("share", ["?", ".", "1", "1.0", "1.000(2)", "0.9999"])
    def test_full_sites(self, read: Read, share: str) -> None:
        sites = [("Sr1", 0, 0, 0, share), ("Ti1", 0.5, 0.5, 0.5, 1), ("O1", 0.5, 0.5, 0, "?")]
        assert counts(read(text(cubic(), sites, named("P m -3 m"), COLUMNS))) == {"Sr": 1, "Ti": 1, "O": 3}

    @pytest.mark.parametrize("share", ["0", "0.5", "0.98", "2", "full", "-1"])
    def test_partly_occupied_sites(self, read: Read, share: str) -> None:
        content = text(cubic(), [("Sr1", 0, 0, 0, share)], named("P m -3 m"), COLUMNS)
        assert "partly occupied; give the end member" in refusal(lambda: read(content))

    @pytest.mark.parametrize("shift", [0, 0.05])
    def test_two_elements_on_one_place(self, read: Read, shift: float) -> None:
        content = text(cubic(), [("Sr", 0, 0, 0), ("Ca", shift, 0, 0)])
        said = refusal(lambda: read(content))
        assert "Sr and Ca lie within 0.7 Å; if they share a site, give the end member, and mix end members" in said

    def test_one_place_written_twice(self, read: Read) -> None:
        assert counts(read(text(cubic(), [("Na", 0, 0, 0), ("Na", 1, 0, 0)]))) == {"Na": 1}

    @pytest.mark.parametrize(
        ("symbol", "element"), [("Zn2+", "Zn"), ("ZN", "Zn"), ("O2-", "O"), ("SR", "Sr"), ("D", "H"), ("Cl1-", "Cl")]
    )
    def test_elements(self, read: Read, symbol: str, element: str) -> None:
        assert counts(read(text(cubic(), [(symbol, 0, 0, 0)]))) == {element: 1}

    @pytest.mark.parametrize(("label", "element"), [("Ca1", "Ca"), ("C1", "C"), ("O2W", "O"), ("TI1", "Ti")])
    def test_labels(self, read: Read, label: str, element: str) -> None:
        assert counts(read(text(cubic(), [(label, 0, 0, 0, 1)], columns=COLUMNS))) == {element: 1}

    @pytest.mark.parametrize("label", ["SR1", "CA1", "CO", "NI2"])
    def test_labels_of_two_elements(self, read: Read, label: str) -> None:
        content = text(cubic(), [(label, 0, 0, 0, 1)], columns=COLUMNS)
        assert "give elements as _atom_site_type_symbol" in refusal(lambda: read(content))

    @pytest.mark.parametrize("symbol", ["Xx", "?", "Q1", "."])
    def test_no_element(self, read: Read, symbol: str) -> None:
        assert f"{symbol!r} is no element" in refusal(lambda: read(text(cubic(), [(symbol, 0, 0, 0)])))

    @pytest.mark.parametrize("x", ["?", ".", "abc"])
    def test_no_place(self, read: Read, x: str) -> None:
        assert "_atom_site_fract_x is missing or no number" in refusal(lambda: read(text(cubic(), [("Na", x, 0, 0)])))

    @pytest.mark.parametrize("cell", [(0, 4, 4, 90, 90, 90), (4, 4, 4, 90, 90, 180), (1e9, 4, 4, 90, 90, 90)])
    def test_no_cell(self, read: Read, cell: tuple[float, ...]) -> None:
        assert "is impossible" in refusal(lambda: read(text(cell, [("Na", 0, 0, 0)])))


class TestBlocks:
    def test_several_crystals(self, read: Read) -> None:
        content = text(cubic(), [("Na", 0, 0, 0)], name="one") + text(cubic(), [("Cl", 0, 0, 0)], name="two")
        assert "several crystals, one, two; keep one of them in the file" in refusal(lambda: read(content))

    def test_blocks_without_atoms_do_not_count(self, read: Read) -> None:
        content = (
            "data_global\n_journal_year 2026\n" + text(cubic(), [("Na", 0, 0, 0)]) + "data_end\n_cell_length_a 3\n"
        )
        assert counts(read(content)) == {"Na": 1}

    @pytest.mark.parametrize(
        "content", ["", "nothing of the kind", "data_x\n_cell_length_a 3\n", "data_x\nloop_\n", "\0" * 99]
    )
    def test_no_crystal(self, tmp_path: Path, content: str) -> None:
        (tmp_path / "mine.cif").write_text(content)
        message = refusal(lambda: crystal(str(tmp_path / "mine.cif")))
        assert f"{tmp_path / 'mine.cif'}: not a readable CIF" in message


def test_a_long_complaint_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def complains(_: object) -> None:
        raise ValueError("line 1\n" + "x" * 200)

    monkeypatch.setattr(cif, "parse_cif", complains)
    (tmp_path / "a.cif").write_text("")
    message = refusal(lambda: from_cif(tmp_path / "a.cif"))
    assert message == f"{tmp_path / 'a.cif'}: not a readable CIF (line 1 {'x' * 73})."
