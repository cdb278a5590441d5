"""`samiam.view` on a folder that holds the results of something else."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile

from samiam.errors import InputError
from samiam.formats.writers.earlier import verdict_in
from samiam.records import Micrograph
from samiam.viewer import Viewer, view

pytest.importorskip("samiam.viewer.app", reason="needs samiam[viewer]")

STRIPES = (np.indices((96, 96)).sum(axis=0) % 6 < 3) * np.kron([[80, 240]], np.ones((96, 48)))
MIRRORED, TURNED = STRIPES[:, ::-1], STRIPES.T


def accept(viewer: Viewer) -> None:
    """What somebody does: delete a region, accept and save."""
    session = viewer.session()
    session.delete(1)
    session.judge(True)
    viewer.save()
    viewer.close()


def write(path: Path, pixels: np.ndarray) -> Path:
    tifffile.imwrite(path, pixels.astype(np.uint8))
    return path


@pytest.mark.parametrize("other", [MIRRORED, TURNED])
def test_a_file_with_other_content(tmp_path: Path, other: np.ndarray) -> None:
    path, output = write(tmp_path / "a.tif", STRIPES), tmp_path / "res"
    accept(view(path, output=output, who="Ann"))
    write(path, other)
    with pytest.raises(InputError, match=r"a: .*res.a holds the results of another image, .*a\.tif; choose") as of:
        view(path, output=output, who="Bea")
    assert str(of.value).count("\n") == 0
    viewer = view(path, output=output, who="Bea", overwrite=True)
    session = viewer.session()
    assert (session.steps, session.verdict) == ([], None)
    viewer.save()
    viewer.close()
    assert verdict_in(output / "a") is None


def test_the_same_file_elsewhere_goes_on_and_one_of_its_name_does_not(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
    output = tmp_path / "res"
    accept(view(write(tmp_path / "one" / "a.tif", STRIPES), output=output, who="Ann"))
    viewer = view(write(tmp_path / "two" / "a.tif", STRIPES), output=output, who="Bea")
    assert [step.who for step in viewer.session().steps] == ["Ann"]
    viewer.close()
    with pytest.raises(InputError, match="another image"):
        view(write(tmp_path / "two" / "a.tif", MIRRORED), output=output)


def test_another_array(tmp_path: Path) -> None:
    accept(view(STRIPES, output=tmp_path, who="Ann"))
    viewer = view(STRIPES.copy(), output=tmp_path, who="Bea")
    assert [step.who for step in viewer.session().steps] == ["Ann"]
    viewer.close()
    with pytest.raises(
        InputError, match=r"array: .*array holds the results of another image, array; .* overwrite=True"
    ):
        view(MIRRORED, output=tmp_path, who="Bea")


def test_results_of_another_command(tmp_path: Path) -> None:
    (tmp_path / "array").mkdir()
    (tmp_path / "array" / "provenance.json").write_text(json.dumps({"kind": "particles"}))
    with pytest.raises(InputError, match="array: holds results of samiam particles; choose another output"):
        view(STRIPES, output=tmp_path, overwrite=True)


def test_of_two_pages_on_one_folder_the_second_does_not_replace_another_image(tmp_path: Path) -> None:
    first, second = (view(pixels, output=tmp_path) for pixels in (STRIPES, MIRRORED))
    second.session()
    first.save()
    with pytest.raises(InputError, match="holds the results of another image by now, array; move them, and save again"):
        second.save()
    for viewer in (first, second):
        viewer.close()


def test_images_of_one_name_have_folders_of_their_own(tmp_path: Path) -> None:
    named = [Micrograph(pixels / 255, name=name) for pixels, name in ((STRIPES, "a"), (MIRRORED, "a"), (TURNED, "a-2"))]
    viewer = view(*named, output=tmp_path)
    places = [viewer.save(place)[0].parent.name for place in range(3)]
    viewer.close()
    assert places == ["a-1", "a-3", "a-2"]
