"""The Label Studio that uploads are fetched from: the one that the user names, with the user's key, and no other."""

from __future__ import annotations

import json
import re
import urllib.request
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPMessage
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlsplit

from samiam.errors import InputError, printable
from samiam.storage.strict_json import parse_json

_TIMEOUT_S = 20.0
_MOST_BYTES = 256 * 1024 * 1024
_TOKEN = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+")
"""A personal access token is a JSON Web Token: three parts, where a legacy token has one."""


class _Here(urllib.request.HTTPRedirectHandler):
    """Follows no redirection: the key is for one host."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        """Nothing to go on with, so that the answer counts as a fault."""


@dataclass(frozen=True)
class Host:
    """A Label Studio and the key to it.

    Attributes:
        url: as http://localhost:8080.
        key: an access token of a user, personal or legacy; None to go without.

    Raises:
        InputError: if that is no address.
    """

    url: str
    key: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InputError(f"{self.url}: is no address of Label Studio; give one as http://localhost:8080.")
        if self.key is not None and not re.fullmatch(r"[\x21-\x7e]+", self.key):
            raise InputError(
                "the key of Label Studio has characters that none has; copy it again from Account & Settings."
            )

    def fetched(self, address: str) -> bytes:
        """What lies at an address of this host, given in full or from / on.

        Raises:
            InputError: if it is of another host, cannot be fetched, or is too large.
        """
        whole = self._whole(address)
        if _origin(whole) != _origin(self.url):
            raise InputError(
                f"{printable(address):.120}: is not of {self.url}, and from nowhere else anything is fetched."
            )
        return self._asked(urllib.request.Request(whole, headers=self._authorization()))

    def _whole(self, address: str) -> str:
        """An address in full; one from / on may lack the path below which Label Studio is served."""
        base = self.url.rstrip("/")
        if address.startswith("/") and not address.startswith("//"):
            below = urlsplit(base).path
            address = base + address.removeprefix(below if address.startswith(f"{below}/") else "")
        return quote(address, safe="%/:?=&~#+!$,;'@()*[]")

    def _authorization(self) -> dict[str, str]:
        if self.key is None:
            return {}
        if not _TOKEN.fullmatch(self.key):
            return {"Authorization": f"Token {self.key}"}
        body = json.dumps({"refresh": self.key}).encode()
        url = self.url.rstrip("/") + "/api/token/refresh/"
        answer = self._asked(urllib.request.Request(url, body, {"Content-Type": "application/json"}))
        try:
            access: Any = parse_json(answer)["access"]
        except (ValueError, LookupError, TypeError):
            raise InputError(f"{self.url}: does not take the key; make a new one under Account & Settings.") from None
        return {"Authorization": f"Bearer {access}"}

    def _asked(self, request: urllib.request.Request) -> bytes:
        shown = f"{printable(request.full_url):.160}"
        try:
            with urllib.request.build_opener(_Here).open(request, timeout=_TIMEOUT_S) as answer:
                content: bytes = answer.read(_MOST_BYTES + 1)
        except HTTPError as error:
            error.close()
            remedy = "check the key in LABEL_STUDIO_API_KEY" if error.code in (302, 401, 403) else "reload the task"
            raise InputError(f"{shown}: Label Studio answers {error.code} ({error.reason}); {remedy}.") from None
        except (URLError, HTTPException, OSError, ValueError) as error:
            raise InputError(
                f"{shown}: cannot be fetched ({error}); look whether Label Studio runs at {self.url}."
            ) from None
        if len(content) > _MOST_BYTES:
            raise InputError(f"{shown}: larger than {_MOST_BYTES} bytes; give it by --images.")
        return content


def _origin(url: str) -> tuple[str, str | None, int | None]:
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return "", None, None
