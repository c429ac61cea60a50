"""Feeds that lie elsewhere: every question has a time-out, and every error of a library becomes one of ours."""

from __future__ import annotations

import re
import socket
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from threading import Thread
from typing import TYPE_CHECKING, Final, TypeVar

from attrs import frozen

from vtex_tracking.errors import FeedError
from vtex_tracking.feed.defects import escaped
from vtex_tracking.feed.sources.opened import Opened
from vtex_tracking.feed.sources.systems import System
from vtex_tracking.feed.sources.urls import WEB
from vtex_tracking.feed.sources.waiting import PATIENCE_S, patiently
from vtex_tracking.feed.sources.web import open_web

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from vtex_tracking.feed.sources.urls import Url

REMOTE_CHUNK_BYTES: Final = 4 << 20  # each costs a journey there and back
_PROBLEM_CHARACTERS_MAX: Final = 300
_QUERY: Final = re.compile(r"\?\S*")
_HINTS: Final = {
    "HostKeyNotVerifiable": "is on a host whose key is not known; connect with ssh once and check it (~/.ssh/known_hosts)",
    "NoCredentialsError": "needs credentials, and none were found; docs/feeds.md says where they are looked for",
}

Result = TypeVar("Result")


@contextmanager
def open_remote(url: Url, *, go_on: Callable[[], None], timeout_s: float) -> Iterator[Opened]:
    """A remote feed, open. Raises FeedError where it cannot be; `go_on` is asked while it is silent."""
    ask = _Questions(url=url, go_on=go_on, timeout_s=timeout_s)
    with ExitStack() as closing:
        if url.scheme in WEB:
            page = ask(lambda: open_web(url, timeout_s=timeout_s))
            closing.callback(_aside, page.close)
            yield Opened(read=partial(ask, lambda: page.read(REMOTE_CHUNK_BYTES)), size_bytes=page.size_bytes)
            return
        system = ask(lambda: System(url, timeout_s=timeout_s))
        closing.callback(_aside, system.close)
        size_bytes = ask(system.size_bytes)
        file = ask(system.open)
        closing.callback(_aside, file.close)
        yield Opened(
            read=partial(ask, lambda: file.read(REMOTE_CHUNK_BYTES)),
            size_bytes=size_bytes,
            version=partial(ask, system.version),
        )


def matches_of(url: Url, *, timeout_s: float) -> Sequence[str]:
    """The names of the files that a remote pattern stands for, sorted. Raises FeedError where nobody can say."""
    ask = _Questions(url=url, go_on=lambda: None, timeout_s=timeout_s)
    with ExitStack() as closing:
        system = ask(lambda: System(url, timeout_s=timeout_s))
        closing.callback(_aside, system.close)
        return [url.at(path) for path in ask(system.paths)]


@frozen(kw_only=True)
class _Questions:
    """Asks the place of a feed, for a while."""

    url: Url
    go_on: Callable[[], None]
    timeout_s: float

    def __call__(self, call: Callable[[], Result]) -> Result:
        """What the call gives; FeedError for whatever it raises, and where it gives nothing in time."""

        def told() -> Result:
            try:
                return call()
            except Exception as error:  # noqa: BLE001 - each protocol's library has exceptions of its own
                raise self._error_of(error) from None

        try:
            return patiently(told, go_on=self.go_on, timeout_s=self.timeout_s)
        except TimeoutError as error:
            raise self._error_of(error) from None

    def _error_of(self, error: Exception) -> FeedError:
        match error:
            case FeedError():
                return error
            case ModuleNotFoundError():
                problem = f"needs what is not installed ({error.name}): pip install 'vtex-tracking[remote]'"
            case FileNotFoundError():
                problem = "does not exist; check the name"
            case PermissionError():
                problem = "may not be read: access is denied; check the credentials and their rights"
            case TimeoutError():
                problem = f"was silent for {self.timeout_s:g} s (remote_timeout_s); check the network, and run again"
            case socket.gaierror():
                problem = "is on a host that is not known; check the name and the network"
            case _:
                text = escaped(_QUERY.sub("?…", str(error))[:_PROBLEM_CHARACTERS_MAX])  # after ? may stand a signature
                problem = _HINTS.get(type(error).__name__, f"cannot be read: {text} ({type(error).__name__})")
        return FeedError(f"{self.url.shown} {problem}")


def _aside(close: Callable[[], None]) -> None:
    """Close in a thread of its own, for what is stuck cannot be closed; no answer to that matters any more."""
    closing = Thread(target=partial(_quietly, close), daemon=True)
    closing.start()
    closing.join(PATIENCE_S)


def _quietly(close: Callable[[], None]) -> None:
    with suppress(Exception):
        close()
