"""Which code makes a result: all that its modules import, found by reading the source."""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from samiam.errors import InputError

_OWN = __name__.partition(".")[0]


@dataclass(frozen=True)
class ImportClosure:
    """Modules with all that they import, directly or not.

    Attributes:
        sources: the file of each module, by dotted name, sorted.
        libraries: top-level names of what is imported from elsewhere, sorted; Python's own are left out.
    """

    sources: dict[str, Path]
    libraries: tuple[str, ...]


def import_closure(modules: Collection[str]) -> ImportClosure:
    """Follow all imports, those in functions too, within this package and those of the given modules.

    Of a package whose names are lazy (`__init__.pyi` says where they are from) only the names asked for are followed.
    Modules whose names are put together at run time are not found, nor are files of data.

    Args:
        modules: dotted names.

    Raises:
        InputError: if one of them has no source, as what is typed at a prompt has none.
    """
    for module in modules:
        if module not in _sources_along(module):
            raise InputError(f"{module}: its source is not found, so what it makes cannot be kept; use no cache.")
    packages = {_OWN, *(_top(module) for module in modules)}
    sources: dict[str, Path] = {}
    libraries: set[str] = set()
    seen: set[str] = set()
    ahead = set(modules)
    while ahead:
        name = ahead.pop()
        seen.add(name)
        if _top(name) not in packages:
            libraries.add(_top(name))
            continue
        for module, path in _sources_along(name).items() - sources.items():
            sources[module] = path
            ahead |= {full for full, _ in _imports(path, module)} - seen
        ahead |= set(_lazy_imports(name)) - seen
    return ImportClosure(dict(sorted(sources.items())), tuple(sorted(libraries - sys.stdlib_module_names)))


def _top(name: str) -> str:
    return name.partition(".")[0]


def _sources_along(name: str) -> dict[str, Path]:
    """The files of the modules that an import of a dotted name runs; its last parts may be no modules."""
    module, *parts = name.split(".")
    try:
        spec = find_spec(module)
    except ValueError:  # __main__
        return {}
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        return {}
    found = {module: Path(spec.origin)}
    for part in parts:
        inside = found[module].parent / part
        places = [place for place in (inside / "__init__.py", inside.with_suffix(".py")) if place.is_file()]
        if found[module].name != "__init__.py" or not places:
            break
        module = f"{module}.{part}"
        found[module] = places[0]
    return found


def _lazy_imports(name: str) -> Iterator[str]:
    """What a name of a lazy package stands for; all names of the package where it is imported as a whole."""
    module, path = list(_sources_along(name).items())[-1]
    stub = path.with_suffix(".pyi")
    asked = name.removeprefix(module).split(".")[1:2]
    if stub.is_file():
        yield from (full for full, bound in _imports(stub, module) if not asked or bound in asked or "*" in asked)


def _imports(path: Path, module: str) -> Iterator[tuple[str, str]]:
    """The full dotted name of all that a module imports, with the name that it has there."""
    package = module.split(".") if path.stem == "__init__" else module.split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from ((alias.name, alias.asname or alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) + 1 - node.level] if node.level else []
            base = [*above, *([node.module] if node.module else [])]
            yield from ((".".join([*base, alias.name]), alias.asname or alias.name) for alias in node.names)
