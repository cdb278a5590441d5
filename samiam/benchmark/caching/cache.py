"""Results on disk, each under the hash of everything that it depends on."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import packages_distributions, version
from pathlib import Path
from typing import Any, Generic, TypeVar

from numpy.typing import NDArray

from samiam.benchmark.caching.import_closure import import_closure
from samiam.errors import InputError
from samiam.records import Micrograph, Scene

Found = TypeVar("Found")


@dataclass(frozen=True)
class Kind(Generic[Found]):
    """Results of one kind.

    Attributes:
        name: of their folder.
        write: puts a result into an empty folder.
        read: reads it back.
    """

    name: str
    write: Callable[[Path, Found], None]
    read: Callable[[Path], Found]


@dataclass(frozen=True)
class Cache:
    """Results that need not be worked out again.

    A result is known by what it was made from, the code that made it and the versions of the libraries that this code
    imports. It appears whole or not at all, and several processes may share the folder.

    Attributes:
        folder: made if missing; None to keep nothing. It may be deleted at any time.
    """

    folder: Path | None = None

    @classmethod
    def at(cls, folder: str | None) -> Cache:
        """The cache in a folder as settings name it; None to keep nothing."""
        return cls(None if folder is None else Path(folder))

    def recall(
        self, kind: Kind[Found], made_from: Mapping[str, Any], made_by: Collection[str], work: Callable[[], Found]
    ) -> Found:
        """The result that is kept, or else a new one.

        Args:
            kind: what kind of result.
            made_from: everything that decides it (JSON-serialisable).
            made_by: the modules that make it, dotted; whatever they import counts too, see `import_closure`.
            work: makes it.

        Raises:
            InputError: if such a module has no source.
        """
        if self.folder is None:
            return work()
        place = self.folder / kind.name / key_of(made_from, made_by)
        if place.is_dir():
            with suppress(InputError, OSError, ValueError, KeyError, TypeError):  # what is damaged is made again
                return kind.read(place)
        found = work()
        self._keep(kind, place, found)
        return found

    def _keep(self, kind: Kind[Found], place: Path, found: Found) -> None:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent, prefix=".") as name:
            partial = Path(name) / place.name
            partial.mkdir()
            kind.write(partial, found)
            shutil.rmtree(place, ignore_errors=True)
            with suppress(OSError):  # another process was faster
                partial.rename(place)


def facts_of_micrograph(micrograph: Micrograph) -> dict[str, Any]:
    """What decides the masks of a micrograph."""
    return {
        "pixels": _sha256_of_array(micrograph.pixels),
        "shown": None if micrograph.shown is None else _sha256_of_array(micrograph.shown),
        "shape_hw": micrograph.shape_hw,
        "pixel_size_nm": micrograph.pixel_size_nm,
        "pixel_aspect": micrograph.pixel_aspect,
    }


def facts_of_scene(scene: Scene) -> dict[str, Any]:
    """What decides the scores of a scene."""
    return {
        **facts_of_micrograph(scene.micrograph),
        "name": scene.micrograph.name,
        "labels": _sha256_of_array(scene.labels),
        "difficulty": scene.difficulty,
        "weights": list(scene.weights),
        "labelling_s": scene.parameters.get("labelling_s"),
    }


def _sha256_of_array(array: NDArray[Any]) -> str:
    return hashlib.sha256(array.tobytes()).hexdigest()


def key_of(made_from: Mapping[str, Any], made_by: Collection[str]) -> str:
    """The hash of what decides a result and of the code and libraries that make it; see `Cache.recall`."""
    facts = json.dumps({"code": _sha256_of_code(frozenset(made_by)), "made from": made_from}, sort_keys=True)
    return hashlib.sha256(facts.encode()).hexdigest()


@lru_cache
def _sha256_of_code(modules: frozenset[str]) -> str:
    """The hash of all that some modules import: the files, and the versions of libraries."""
    closure = import_closure(modules)
    digest = hashlib.sha256(json.dumps([_versions(library) for library in closure.libraries]).encode())
    for module, path in closure.sources.items():
        digest.update(module.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _versions(library: str) -> dict[str, str]:
    """Of what provides a top-level module: none where it is not installed."""
    return {name: version(name) for name in sorted(set(_distributions().get(library, ())))}


_distributions = lru_cache(packages_distributions)
