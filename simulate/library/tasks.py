"""What a worker simulates at a time: one frozen-phonon configuration of one specimen at one voltage."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass

import numpy as np

from samiam.storage.files import sha256_of
from simulate.library.crystals import Direction
from simulate.library.entries import entry_name
from simulate.library.settings import MultisliceSettings

LibraryEntry = tuple[str, Direction | tuple[()], Direction | tuple[()]]
"""Specimen, zone axis and growth direction; films have neither."""


@dataclass(frozen=True)
class Task:
    """One frozen-phonon configuration of one specimen at one voltage.

    Attributes:
        specimen: a crystal's name or CIF, or a film's name.
        zone: direction of the beam; unused for films.
        growth: direction of growth; unused for films.
        energy_kV: acceleration voltage.
        phonon: index of the configuration.
        settings: how to simulate.
    """

    specimen: str
    zone: Direction | tuple[()]
    growth: Direction | tuple[()]
    energy_kV: float
    phonon: int
    settings: MultisliceSettings

    @property
    def key(self) -> str:
        """A file name for its result: of the same parameters, and the same content of a CIF, and of no others."""
        parameters = json.dumps(asdict(self), sort_keys=True)
        content = sha256_of(self.specimen) if self.specimen.lower().endswith(".cif") else ""
        digest = hashlib.sha256((parameters + content).encode()).hexdigest()[:12]
        return f"{entry_name(self.specimen, self.zone, self.growth)}_{self.energy_kV:g}kV_{self.phonon}_{digest}"

    @property
    def rng(self) -> np.random.Generator:
        """Random numbers of this task's own."""
        words = hashlib.sha256(f"{self.specimen} {self.zone} {self.energy_kV} {self.phonon}".encode()).digest()
        return np.random.default_rng([self.settings.seed, *words])


def tasks_of(entry: LibraryEntry, settings: MultisliceSettings) -> list[Task]:
    """All tasks of one entry, frozen-phonon configurations of one voltage together."""
    return [
        Task(*entry, energy_kV, phonon, settings)
        for energy_kV in settings.energies_kV
        for phonon in range(settings.phonons)
    ]
