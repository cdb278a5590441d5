"""Whether runs are logged to Weights & Biases, and whether that can be reached, decided without asking anybody."""

from __future__ import annotations

import netrc
import os
from typing import Literal, get_args
from urllib.parse import urlsplit

from samiam.errors import InputError
from samiam.settings import settings

WandbMode = Literal["auto", "online", "offline", "disabled"]


@settings
class LoggerSettings:
    """Where results are logged beside the run's folder.

    Attributes:
        name: "wandb", or null for nowhere.
        project: of Weights & Biases.
        mode: "auto" is online where you are logged in, otherwise offline.
    """

    name: Literal["wandb"] | None = "wandb"
    project: str = "sam-i-am"
    mode: WandbMode = "auto"


def wandb_mode(mode: str) -> str:
    """What "auto" means here and now: what WANDB_MODE says, else online if an API key is found, else offline.

    Raises:
        InputError: if the mode is unknown, or needs a key where there is none, for which W&B itself would ask.
    """
    if mode not in get_args(WandbMode):
        raise InputError(f"logger.mode={mode!r} is unknown; give {', '.join(get_args(WandbMode))}.")
    is_logged_in = _is_logged_in()
    if mode == "auto":
        mode = os.environ.get("WANDB_MODE") or ("online" if is_logged_in else "offline")
    if mode in ("online", "run", "shared") and not is_logged_in:
        raise InputError(f"W&B has no API key for mode={mode}; run `wandb login`, or set logger.mode=offline.")
    return mode


def _is_logged_in() -> bool:
    if os.environ.get("WANDB_API_KEY") or os.environ.get("WANDB_IDENTITY_TOKEN_FILE"):
        return True
    host = urlsplit(os.environ.get("WANDB_BASE_URL", "https://api.wandb.ai")).hostname or ""
    try:
        return netrc.netrc(os.environ.get("NETRC")).authenticators(host) is not None
    except (OSError, netrc.NetrcParseError):
        return False
