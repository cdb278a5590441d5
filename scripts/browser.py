"""The Chromium of this machine, whatever it is called here; playwright's own where there is none."""

from __future__ import annotations

import shutil

from playwright.sync_api import Browser, Playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome")


def launched(driver: Playwright) -> Browser:
    """A browser without a window."""
    path = next(filter(None, map(shutil.which, _NAMES)), None)
    return driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
