"""Networks of our own beside those of a paper."""

from typing import Literal

Variant = Literal["ours", "paper"]
