from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simulate.cli import main
from simulate.library import build as building
from simulate.library import entries
from simulate.library.build import SHIPPED, build_library
from simulate.library.responses import responses
from simulate.library.settings import MultisliceSettings
from simulate.library.tasks import LibraryEntry

SMALL = MultisliceSettings(
    energies_kV=(300.0,),
    detectors_mrad=(("ADF", 30.0, 60.0),),
    thickness_step_A=10.0,
    thickness_A=20.0,
    phonons=2,
    width_A=7.0,
)
ENTRIES: tuple[LibraryEntry, ...] = (("SrTiO3", (1, 0, 0), (0, 0, 1)), ("amorphous C", (), ()))


@pytest.fixture(scope="module")
def built(scheduler: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder, work = tmp_path_factory.mktemp("library"), tmp_path_factory.mktemp("work")
    build_library(ENTRIES, SMALL, folder=folder, work=work, scheduler=scheduler)
    return folder, work


def test_entries_hold_images_and_how_they_were_made(built: tuple[Path, Path]) -> None:
    entry = entries.read_entry("SrTiO3_100_001", built[0])
    assert entry.arrays["images_300kV"].shape == (1, 2, 20, 20)
    assert entry.header["settings"]["phonons"] == 2
    assert entry.header["settings"]["detectors_mrad"] == [["ADF", 30.0, 60.0]]
    assert "Okazaki" in entry.header["source"]
    assert set(entry.header["versions"]) == {"abtem", "ase", "numpy"}
    np.testing.assert_allclose(entry.arrays["thickness_A"], [3 * 3.905, 6 * 3.905], rtol=1e-6)
    film = entries.read_entry("amorphous_C", built[0])
    assert film.is_film
    assert film.arrays["fraction_300kV"].shape == (1, 2)


def test_a_library_is_usable(built: tuple[Path, Path]) -> None:
    fitted = responses("SrTiO3_100_001", 300.0, "ADF", built[0])
    assert fitted.sites == ("A", "BO", "O")
    columns = fitted.volumes_A2.sum(axis=2)[:, -1] @ [1, 1, 2]  # in a cell
    mean = entries.read_entry("SrTiO3_100_001", built[0]).arrays["images_300kV"][0, -1].mean()
    assert columns == pytest.approx(mean * 3.905**2, rel=0.05)


def test_finished_tasks_are_not_done_again(
    built: tuple[Path, Path], scheduler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = built[1]
    gone = sorted(work.glob("SrTiO3*.npy"))[0]
    lost = np.load(gone)
    gone.unlink()
    done = tmp_path / "done"

    def counted(*_: object) -> object:  # pickled on its way to the worker
        with done.open("a") as file:
            file.write("task ")
        return lost

    monkeypatch.setattr(building, "simulate", counted)
    (path, _) = build_library(ENTRIES, SMALL, folder=tmp_path / "library", work=work, scheduler=scheduler)
    assert done.read_text() == "task "
    with np.load(path) as again, np.load(built[0] / path.name) as before:
        assert all(np.array_equal(again[name], before[name]) for name in before.files)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--crystal", "Foo"], "unknown crystal 'Foo'"),
        (["--crystal", "missing.cif"], "missing.cif: no such file"),
        (["--crystal", "Ge", "--zone", "1", "1", "0", "--growth", "1", "1", "0"], "span no plane"),
        (["--set", "phonons=0"], "phonons=0"),
        (["--set", "phonon=4"], "has no setting 'phonon'; did you mean 'phonons'?"),
        (["--detector", "BF", "0", "x"], "takes a name and two angles"),
        (["--detector", "HAADF", "60", "300", "--set", "sampling_A=0.05"], "300 mrad lies beyond the"),
    ],
)
def test_bad_input_of_the_command(
    words: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = ["--folder", str(tmp_path / "library"), "--work", str(tmp_path / "work")]
    assert main(["library", *folders, *words]) == 2
    shown = capsys.readouterr().err
    assert message in shown
    assert shown.count("\n") == 1
    assert not list(tmp_path.rglob("*.np*"))


def test_what_ships_is_what_the_command_makes() -> None:
    names = {entries.entry_name(*entry) for entry in SHIPPED}
    assert names == {path.stem for path in entries.FOLDER.glob("*.npz")}
    for name in names:
        entry = entries.read_entry(name)
        settings = entry.header["settings"]
        assert settings == MultisliceSettings(phonons=settings["phonons"]).__dict__ | {
            "energies_kV": [200.0, 300.0],
            "detectors_mrad": [["ADF", 30.0, 60.0], ["HAADF", 60.0, 160.0]],
        }
        assert settings["phonons"] >= 4
        assert entry.arrays["thickness_A"][0] == pytest.approx(50, abs=3)
        assert entry.arrays["thickness_A"][-1] == pytest.approx(500, abs=20)
        assert (entries.FOLDER / f"{name}.npz").stat().st_size < 5e6
