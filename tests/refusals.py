"""What a refusal says."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from samiam.errors import InputError


def refusal(work: Callable[[], object]) -> str:
    """The message of the `InputError` that some work ends with: one line, a sentence."""
    with pytest.raises(InputError) as caught:
        work()
    message = str(caught.value)
    assert message.isprintable(), "one line"
    assert message.endswith("."), "a sentence"
    return message
