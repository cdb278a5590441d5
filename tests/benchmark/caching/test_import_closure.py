from __future__ import annotations

from pathlib import Path

import pytest

from samiam.benchmark.caching.import_closure import import_closure
from samiam.errors import InputError

FILES = {
    "__init__.py": "import numpy",
    "geometry.py": "import json, scipy.ndimage",
    "unused.py": "import torch",
    "lazy/__init__.py": "import lazy_loader",
    "lazy/__init__.pyi": "from .near import near as close\nfrom .far import far",
    "lazy/near.py": "from .. import geometry",
    "lazy/far.py": "import skimage",
    "registry.py": "def build(name):\n    if name:\n        from house.lazy import far\n        return far",
    "cycle_a.py": "import house.cycle_b",
    "cycle_b.py": "from house.cycle_a import b",
    "whole.py": "from house import lazy",
    "star.py": "from house.lazy import *",
    "one.py": "from .lazy import close",
    "past.py": "from house.lazy.near import geometry",
}


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package of a few modules, on the path."""
    (tmp_path / "house" / "lazy").mkdir(parents=True)
    for name, source in FILES.items():
        (tmp_path / "house" / name).write_text(source)
    monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.usefixtures("house")
@pytest.mark.parametrize(
    ("module", "sources", "libraries"),
    [
        ("house", "", "numpy"),
        ("house.geometry", "geometry", "numpy scipy"),
        ("house.one", "geometry lazy lazy.near one", "lazy_loader numpy scipy"),
        ("house.past", "geometry lazy lazy.near past", "lazy_loader numpy scipy"),
        ("house.whole", "geometry lazy lazy.far lazy.near whole", "lazy_loader numpy scipy skimage"),
        ("house.star", "geometry lazy lazy.far lazy.near star", "lazy_loader numpy scipy skimage"),
        ("house.registry", "lazy lazy.far registry", "lazy_loader numpy skimage"),
        ("house.cycle_a", "cycle_a cycle_b", "numpy"),
    ],
)
def test_what_is_followed(module: str, sources: str, libraries: str) -> None:
    closure = import_closure([module])
    assert [name.removeprefix("house").lstrip(".") for name in closure.sources] == ["", *sources.split()]
    assert list(closure.libraries) == libraries.split()


@pytest.mark.usefixtures("house")
def test_several_modules_have_the_union() -> None:
    one, two, both = (
        set(import_closure(names).sources)
        for names in (["house.one"], ["house.registry"], ["house.one", "house.registry"])
    )
    assert both == one | two


@pytest.mark.usefixtures("house")
@pytest.mark.parametrize("module", ["house.missing", "nowhere", "builtins", "house.geometry.sin"])
def test_what_has_no_source_is_refused(module: str) -> None:
    with pytest.raises(InputError, match=f"^{module}: its source is not found"):
        import_closure([module])


NOT_OF_RESULTS = {"cli", "pipeline", "commands", "training", "formats", "watch", "viewer"}
NOT_OF_MASKS = NOT_OF_RESULTS | {"benchmark", "metrics", "boosting", "datasets", "registry"}


def rooms_of(*modules: str) -> set[str]:
    return {".".join(name.split(".")[1:2]) for name in import_closure(modules).sources}


@pytest.mark.parametrize(
    ("module", "theirs", "not_theirs"),
    [
        ("samiam.compact.generator", {"compact", "storage", "settings", "device"}, NOT_OF_MASKS),
        ("samiam.generation.texture.generator", {"generation", "geometry"}, NOT_OF_MASKS | {"compact", "texture"}),
        ("samiam.generation.sam.generator", {"generation", "storage"}, NOT_OF_MASKS | {"compact", "texture"}),
        ("samiam.benchmark.comparison", {"boosting", "metrics", "registry", "compact", "texture"}, NOT_OF_RESULTS),
    ],
)
def test_results_depend_on_what_makes_them_alone(module: str, theirs: set[str], not_theirs: set[str]) -> None:
    rooms = rooms_of(module)
    assert theirs <= rooms
    assert rooms.isdisjoint(not_theirs)


def test_scores_do_not_depend_on_how_they_are_shown() -> None:
    names = import_closure(["samiam.benchmark.comparison"]).sources
    assert "samiam.texture.fenet_encoder" in names, "built by name, in a function of the registry"
    assert not [name for name in names if name.startswith(("samiam.benchmark.report", "samiam.benchmark.tracking"))]
