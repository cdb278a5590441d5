"""Runs of Weights & Biases: the weights that they make and use, as artifacts, and where a run lies that has ended."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from samiam.errors import InputError
from samiam.storage.files import sha256_of
from samiam.storage.weight_files import read_card

if TYPE_CHECKING:
    from wandb import Artifact, Run


def log_weights(run: Run, weights: Path) -> None:
    """Log a file of weights and its card as what a run has made."""
    run.log_artifact(_artifact(weights))


def use_weights(run: Run, weights: Iterable[Path]) -> None:
    """Record files of weights as what a run used: in its config by their SHA-256, and online as its inputs.

    W&B knows artifacts by their content: those of a run that logged the same bytes are that run's. Offline it refuses
    inputs; the SHA-256 then tells, as it stands on the card of every training and in the artifact's metadata.
    """
    files = list(weights)
    run.config.update({"weights_sha256": {path.name: sha256_of(path) for path in files}}, allow_val_change=True)  # type: ignore[no-untyped-call]
    if run.settings.mode == "online":
        for path in files:
            run.use_artifact(_artifact(path))


def end(run: Run) -> None:
    """Close a run, so that another one in this process begins its own, and say where it is if that is here."""
    place = Path(run.dir).parent
    run.finish()
    if run.settings.mode == "offline":
        print(f"\nW&B run, offline: `wandb sync {place}` uploads it.")


def _artifact(weights: Path) -> Artifact:
    import wandb  # a second's import

    try:
        card = {name: value for name, value in read_card(weights).items() if name != "start"}
    except InputError:  # a file of others, such as FENet_DTD.pth, has no card
        card = {"file": weights.name, "sha256": sha256_of(weights)}
    artifact = wandb.Artifact(f"weights-{weights.stem}", type="model", metadata=card)
    for path in (weights, weights.with_suffix(".json")):
        if path.is_file():
            artifact.add_file(str(path), path.name)
    return artifact
