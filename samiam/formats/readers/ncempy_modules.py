"""The readers of ncempy, each by itself."""

from __future__ import annotations

from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from types import ModuleType


def ncempy_io(name: str) -> ModuleType:
    """The module `ncempy.io.<name>`, run from its file.

    An import of it would import the whole package first, plots and matplotlib included, which takes longer than to
    read any file. Nothing is left among the imported modules, so that ncempy stays whole for whoever imports it.

    Raises:
        ModuleNotFoundError: if ncempy is not installed or has no such module.
    """
    package = find_spec("ncempy")
    folders = [f"{folder}/io" for folder in (package and package.submodule_search_locations) or ()]
    found = PathFinder.find_spec(f"ncempy.io.{name}", folders)
    if found is None or found.loader is None:
        raise ModuleNotFoundError(f"No module named 'ncempy.io.{name}'", name=f"ncempy.io.{name}")
    module = module_from_spec(found)
    found.loader.exec_module(module)
    return module
