"""What `make docs` adds to the pages of docs/: README as home, CONTRIBUTING, and a page for each package of the API."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import griffe
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parent.parent
PAGES = {"README.md": "index.md", "CONTRIBUTING.md": "contributing.md"}  # of the repository, by their place in the site


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the pages that are not in docs/."""
    for name, place in PAGES.items():
        files.append(File.generated(config, place, content=_moved((ROOT / name).read_text(encoding="utf-8"))))
    for place in _named(config.nav):
        if place.startswith("api/"):
            files.append(File.generated(config, place, content=_reference(Path(place).stem)))
    return files


def _moved(text: str) -> str:
    """A page of the repository's root, with its links as they are from within docs/."""
    for name, place in PAGES.items():
        text = text.replace(f"]({name})", f"]({place})")
    return re.sub(r"\]\(docs/", "](", text)


def _named(nav: Any) -> list[str]:  # noqa: ANN401
    """The pages that a navigation names, however deep."""
    if isinstance(nav, str):
        return [nav]
    parts = nav.values() if isinstance(nav, dict) else nav or ()
    return [page for part in parts for page in _named(part)]


def _reference(package: str) -> str:
    """A page with all public names of a package, in the order of its `__all__`."""
    read = griffe.load(package, search_paths=[str(ROOT)], allow_inspection=False)
    summary = read.docstring.value.split("\n\n")[0] if read.docstring else ""
    names = [str(name) for name in read.exports or ()]
    return "\n\n".join([f"# {package}", summary, *(f"::: {package}.{name}" for name in names)]) + "\n"
