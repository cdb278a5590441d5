"""The page and its server on this machine alone; the one file that knows the toolkit."""

from __future__ import annotations

import json
import secrets
import socket
import threading
import time
from importlib.resources import files

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from samiam.errors import InputError
from samiam.viewer.actions import perform
from samiam.viewer.desk import Desk
from samiam.viewer.drawing import region_tile
from samiam.viewer.telling import told, told_at

HOST = "127.0.0.1"
_LARGEST_BODY = 2_000_000
"""Bytes of a request: a lasso of twenty thousand points takes half of it."""
_KINDS = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'self'; img-src 'self' blob: data:; style-src 'self' 'unsafe-inline'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""Nothing of the address, which holds the token, goes to anybody, and nothing of others comes into the page."""


class Server:
    """Serves a desk to browsers of this machine that know the token.

    Args:
        desk: the images.
        port: on which; 0 for any that is free.

    Raises:
        InputError: if the port cannot be had.
    """

    def __init__(self, desk: Desk, port: int = 0) -> None:
        self._socket = _bound(port)
        self.port = int(self._socket.getsockname()[1])
        self.token = secrets.token_urlsafe(24)
        app = app_of(desk, self.token, self.port)
        self._server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off", access_log=False))

    @property
    def address(self) -> str:
        """What to open in a browser; whoever knows it may do all that the page may."""
        return f"http://{HOST}:{self.port}/{self.token}/"

    def run(self) -> None:
        """Serve until Ctrl-C."""
        self._server.run(sockets=[self._socket])

    def start(self) -> None:
        """Serve beside the program, which ends it when it ends."""
        threading.Thread(target=self.run, daemon=True).start()
        while not self._server.started:
            time.sleep(0.01)

    def stop(self) -> None:
        """End it."""
        self._server.should_exit = True


def _bound(port: int) -> socket.socket:
    if not 0 <= port < 2**16:
        raise InputError(f"port {port}: give 0 (any) to {2**16 - 1}.")
    # Where asyncio knows that this is TCP, it sends the parts of an answer at once, else some wait 40 ms.
    found = socket.socket(proto=socket.IPPROTO_TCP)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((HOST, port))
        found.listen(128)  # whoever opens the address before the server has begun waits for it
    except OSError as error:
        found.close()
        raise InputError(f"port {port} cannot be had ({error.strerror}); give another by --port.") from None
    return found


def app_of(desk: Desk, token: str, port: int) -> Starlette:
    """The application.

    Args:
        desk: the images.
        token: the first part of all paths; whoever gives another is refused.
        port: on which it is served; whoever asks for another host is refused.
    """
    asked = _Asked(desk)
    routes = [
        Route("/{token}/", asked.page),
        Route("/{token}/page/{name}", asked.part_of_page),
        Route("/{token}/desk", asked.desk),
        Route("/{token}/image/{place:int}", asked.image),
        Route("/{token}/image/{place:int}/do", asked.do, methods=["POST"]),
        Route("/{token}/image/{place:int}/save", asked.save, methods=["POST"]),
        Route("/{token}/image/{place:int}/at/{x:int}/{y:int}", asked.at),
        Route("/{token}/image/{place:int}/tile/{layer}/{level:int}/{row:int}/{column:int}", asked.tile),
    ]
    return Starlette(
        routes=routes,
        middleware=[Middleware(_Guard, token=token, port=port)],
        exception_handlers={InputError: _refused},
    )


async def _refused(_: Request, error: Exception) -> Response:
    return JSONResponse({"refused": str(error)}, status_code=422)


class _Guard:
    """Lets in who knows the token, and asks for this host by its name: no page of another site can."""

    def __init__(self, app: ASGIApp, token: str, port: int) -> None:
        self._app, self._token = app, token
        self._hosts = {f"{name}:{port}" for name in (HOST, "localhost")}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse."""
        if self._lets_in(HTTPConnection(scope)):
            answering: ASGIApp = self._app
        else:
            answering = PlainTextResponse("403: open the address that samiam view has printed, with its token.", 403)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await answering(scope, receive, send_with_headers)

    def _lets_in(self, asked: HTTPConnection) -> bool:
        given = asked.url.path.lstrip("/").partition("/")[0]
        origin = asked.headers.get("origin")
        is_own = origin is None or origin.removeprefix("http://") in self._hosts
        is_known = secrets.compare_digest(given.encode(), self._token.encode())
        return asked.headers.get("host") in self._hosts and is_own and is_known


class _Asked:
    """The answers."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def page(self, _: Request) -> Response:
        return _part("index.html")

    def part_of_page(self, request: Request) -> Response:
        return _part(request.path_params["name"])

    def desk(self, _: Request) -> Response:
        images = []
        for place, item in enumerate(self._desk.items):
            known = self._desk.known(place)
            verdict = None if known is None or known.verdict is None else known.verdict.accepted
            images.append({"name": item.name, "verdict": verdict, "is_saved": known is None or known.is_saved})
        return JSONResponse({"images": images, "who": self._desk.who})

    def image(self, request: Request) -> Response:
        return JSONResponse(told(self._desk.opened(request.path_params["place"]).session))

    async def do(self, request: Request) -> Response:
        asked = await _body(request)
        return await run_in_threadpool(self._done, request.path_params["place"], asked)

    def _done(self, place: int, asked: object) -> Response:
        session = self._desk.opened(place).session
        with session.lock:
            perform(session, asked)
            return JSONResponse(told(session))

    def save(self, request: Request) -> Response:
        opened = self._desk.opened(request.path_params["place"])
        files_written = opened.save()
        return JSONResponse({**told(opened.session), "folder": str(opened.item.folder), "n_files": len(files_written)})

    def at(self, request: Request) -> Response:
        place, x, y = (request.path_params[name] for name in ("place", "x", "y"))
        return JSONResponse(told_at(self._desk.opened(place).session, x, y))

    def tile(self, request: Request) -> Response:
        place, level, row, column = (request.path_params[name] for name in ("place", "level", "row", "column"))
        opened, layer = self._desk.opened(place), request.path_params["layer"]
        if layer == "image":
            content = opened.pyramid.tile(level, row, column)
            return Response(content, media_type="image/png", headers={"Cache-Control": "private, max-age=3600"})
        only = request.query_params.get("only")
        number = int(only) if only is not None and only.isdecimal() else None
        content = region_tile(opened.session.canvas, layer, level, row, column, number)
        return Response(content, media_type="image/png")


async def _body(request: Request) -> object:
    """The JSON of a request.

    Raises:
        InputError: if it is none, or too long.
    """
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > _LARGEST_BODY:
            raise InputError("too much at once; draw in several steps.")
        parts.append(part)
    try:
        return json.loads(b"".join(parts))
    except ValueError:
        raise InputError("ask in JSON.") from None


def _part(name: str) -> Response:
    """A file of the page."""
    file = files("samiam.viewer") / "page" / name
    kind = _KINDS.get(name[name.rfind(".") :])
    if "/" in name or "\\" in name or kind is None or not file.is_file():
        return PlainTextResponse("there is no such file.", 404)
    return Response(file.read_bytes(), media_type=kind)
