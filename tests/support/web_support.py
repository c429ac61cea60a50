"""A web server on loopback, plain or with TLS, that answers as a test says, and remembers what it was asked."""

from __future__ import annotations

import ssl
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Final

from attrs import Factory, define, frozen

if TYPE_CHECKING:
    from collections.abc import Iterator

_TESTS: Final = Path(__file__).parents[1]
AUTHORITY: Final = _TESTS / "faults" / "certificates" / "authority.pem"
_CERTIFICATE: Final = _TESTS / "faults" / "certificates" / "store.pem"  # signed by that authority
_KEY: Final = _TESTS / "push" / "certificates" / "key.pem"


@frozen(kw_only=True)
class Page:
    """What is answered to one path."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = Factory(dict)
    promised_bytes: int | None = None  # None: as many as there are
    is_silent: bool = False  # until the server ends


@define
class Web:
    """A server that runs."""

    url: str
    pages: dict[str, Page]
    asked: list[tuple[str, str | None]] = Factory(list)  # path and Authorization of each request


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """A client may refuse the certificate, or go."""


@contextmanager
def web_server(*, is_tls: bool = False) -> Iterator[Web]:
    """A server in threads of its own, until the context ends."""
    web = Web(url="", pages={})
    ending = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0"

        def do_GET(self) -> None:
            web.asked.append((self.path, self.headers["Authorization"]))
            page = web.pages.get(self.path, Page(status=404))
            if page.is_silent:
                ending.wait()
            self.send_response(page.status)
            length = len(page.body) if page.promised_bytes is None else page.promised_bytes
            for name, value in {"Content-Length": str(length), **page.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(page.body)

        def log_message(self, *_: object) -> None:
            """Tests are quiet."""

    server = _Server(("127.0.0.1", 0), Handler)
    if is_tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(_CERTIFICATE, _KEY)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    web.url = f"{'https' if is_tls else 'http'}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield web
    finally:
        ending.set()
        server.shutdown()
        thread.join()
        server.server_close()
