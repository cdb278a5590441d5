"""Downloads that go on where they stopped, and the folders that keep them."""

from __future__ import annotations

import http.client
import os
import re
import urllib.error
import urllib.request
from pathlib import Path

import filelock
import platformdirs
from tqdm import tqdm

from samiam.errors import printable

DOWNLOAD_ERRORS = (OSError, http.client.HTTPException)
"""What a download raises; `reason_of` puts one into words."""
_TIMEOUT_S = 30.0  # without a byte; then the connection is taken for dead
_CHUNK_BYTES = 1 << 20  # between two writes; how much an interruption can lose
_MOST_BYTES = 20 * 10**9  # of a file of unknown size; the largest checkpoint has 2.6 GB
_MOST_BYTES_AT_ONCE = 10**7  # of an answer that is read whole; Zenodo's listings have some kB


def user_cache(kind: str) -> Path:
    """Where downloads are kept: the folder `SAMIAM_CACHE` if set, else `kind` below the user's cache folder."""
    chosen = os.environ.get("SAMIAM_CACHE")
    folder = Path(chosen).expanduser() if chosen else Path(platformdirs.user_cache_dir("samiam")) / kind
    return folder.absolute()


def locked(path: Path) -> filelock.BaseFileLock:
    """Makes other processes on this machine wait, in a `with`, that want to bring the same file; its folder is made.

    Raises:
        OSError: if the folder cannot be written to.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    return filelock.FileLock(path.with_name(f".{path.name}.lock"))


def read_url(url: str) -> bytes:
    """The whole answer to a request, for small ones.

    Raises:
        OSError, http.client.HTTPException: if there is none, or it is not small (`DOWNLOAD_ERRORS`).
    """
    response, _ = _open(url, 0)
    with response:
        content = response.read(_MOST_BYTES_AT_ONCE + 1)
    if len(content) > _MOST_BYTES_AT_ONCE:
        raise ConnectionError(f"the answer has more than {_MOST_BYTES_AT_ONCE} bytes")
    return content


def download(url: str, partial: Path, *, size_bytes: int | None, title: str) -> None:
    """Bring `partial` to its full length; what has arrived stays there if the connection breaks.

    One byte too many is taken at most.

    Args:
        url: what to download.
        partial: the file that receives it, perhaps with a beginning from last time. What it holds in the end is for
            the caller to prove.
        size_bytes: the full length, or None where unknown.
        title: stands before the progress bar.

    Raises:
        OSError, http.client.HTTPException: if it is not complete (`DOWNLOAD_ERRORS`).
    """
    offset = partial.stat().st_size if partial.exists() else 0
    if offset and offset == size_bytes:
        return
    response, offset = _open(url, offset)
    length = response.headers["Content-Length"] or ""
    end = offset + int(length) if re.fullmatch("[0-9]{1,18}", length) else None
    left = (_MOST_BYTES if size_bytes is None else size_bytes) + 1 - offset
    bar = tqdm(desc=title, total=end, initial=offset, unit="B", unit_scale=True, unit_divisor=1024)
    with response, bar, open(partial, "ab" if offset else "wb") as file:
        while chunk := response.read(min(_CHUNK_BYTES, left)):
            file.write(chunk)
            left -= len(chunk)
            bar.update(len(chunk))
    # http.client returns what there is, without an error, when the other side hangs up early.
    if left and end is not None and (arrived := partial.stat().st_size) < end:
        raise ConnectionError(f"the connection broke after {arrived} of {end} bytes")


def reason_of(error: Exception) -> str:
    """What went wrong, on one line."""
    if isinstance(error, urllib.error.HTTPError):
        error.close()
        cause: object = f"HTTP {error.code} {error.reason}"
    else:
        cause = error.reason if isinstance(error, urllib.error.URLError) else error
    return " ".join(printable(str(cause)).split()) or type(cause).__name__


def _open(url: str, offset: int) -> tuple[http.client.HTTPResponse, int]:
    """The answer to a request for the bytes from `offset` on, and the offset at which it really starts."""
    headers = {"User-Agent": "samiam"} | ({"Range": f"bytes={offset}-"} if offset else {})
    if not re.match("https?://", url):  # urllib would open files, too
        raise urllib.error.URLError(f"{url[:100]} is no address of a web server")
    try:
        response = urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=_TIMEOUT_S)
    except urllib.error.HTTPError as error:
        if error.code != http.client.REQUESTED_RANGE_NOT_SATISFIABLE or not offset:
            raise
        error.close()
        return _open(url, 0)
    except ValueError as error:  # of addresses and headers that make no sense
        raise urllib.error.URLError(str(error)) from error
    if response.status != http.client.PARTIAL_CONTENT:
        return response, 0
    if (response.headers["Content-Range"] or f"bytes {offset}-").startswith(f"bytes {offset}-"):
        return response, offset
    response.close()
    return _open(url, 0)
