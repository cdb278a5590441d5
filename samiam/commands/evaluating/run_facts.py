"""When, by what and on what machine a run was made, for the head of its report."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil

_PATIENCE_S = 10.0  # for git, which answers at once unless the disk is far away


def run_facts(command: str) -> dict[str, str]:
    """What stands first in every report.

    Args:
        command: that the user typed.

    Returns:
        `command`, `date` (UTC), `version`, `commit` where the package runs from a checkout, and `machine`.
    """
    commit = _commit(Path(__file__).parents[3])
    return {
        "command": command,
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "version": f"samiam {version('samiam')}, Python {platform.python_version()}",
        **({"commit": commit} if commit else {}),
        "machine": f"{_processor()}, {os.cpu_count()} cores, {psutil.virtual_memory().total / 2**30:.0f} GiB, "
        f"{platform.system()}",
    }


def _commit(root: Path) -> str | None:
    """The commit of a checkout, and whether files differ from it; None where there is no checkout."""
    if not (root / ".git").exists():  # the checkout of something else that the package is installed in does not count
        return None
    try:
        head, changed = (
            subprocess.run(
                ["git", "-C", str(root), *words],
                capture_output=True,
                text=True,
                check=True,
                timeout=_PATIENCE_S,
            ).stdout.strip()
            for words in (("rev-parse", "--short=12", "HEAD"), ("status", "--porcelain", "--untracked-files=no"))
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return f"{head}, with changes" if changed else head


def _processor() -> str:
    """The name of the processor as the system has it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
