"""Every request that came in, in memory and as JSON Lines."""

from __future__ import annotations

import json
import os
from collections import deque
from itertools import islice
from pathlib import Path
from typing import Any, Final, TextIO

import attrs

from vtex_tracking.errors import SettingsError

REQUESTS_MAX: Final = 1_000_000  # the oldest are dropped from memory, never from the file
REQUESTS_PAGE_MAX: Final = 10_000  # shown at once
PATH_CHARACTERS_MAX: Final = 300


@attrs.frozen(kw_only=True)
class LoggedRequest:
    """One request, and what became of it. No header and no query is kept: credentials may stand there.

    `at` is the wall clock's time (UTC, ISO 8601), `at_s` the event loop's. `attempt` counts the requests of this method
    for this invoice, or this order; 0 where the address names none. `status` is None where no answer was given, and
    `fault` is the place of the rule that decided, from 1.
    """

    number: int
    at: str
    at_s: float
    method: str
    path: str
    order_id: str | None
    invoice_number: str | None
    attempt: int
    status: int | None
    is_applied: bool
    fault: int | None
    body_bytes: int
    body_sha256: str

    def plain(self) -> dict[str, Any]:
        """The fields as they stand in a line of the log."""
        return {name: getattr(self, name) for name in _FIELDS}


_FIELDS: Final = tuple(attrs.fields_dict(LoggedRequest))


class RequestLog:
    """Keeps the newest requests, and writes each to the file at once, so that a kill loses none."""

    def __init__(self, path: Path | None, *, requests_max: int = REQUESTS_MAX) -> None:
        self._path = path
        self._file: TextIO | None = None
        self._kept: deque[LoggedRequest] = deque(maxlen=requests_max)
        self.count = 0

    @property
    def requests(self) -> list[LoggedRequest]:
        """A copy: what comes later is not in it."""
        return list(self._kept)

    def open(self) -> None:
        """Append to the file. Raises SettingsError if it cannot be written."""
        if self._path is None:
            return
        try:
            self._file = open(self._path, "a", encoding="utf-8", opener=_open_private)  # noqa: SIM115 - Path.open takes no opener; close() closes it
        except OSError as error:
            raise SettingsError(f"the request log {self._path} cannot be written: {error.strerror}") from None

    def close(self) -> None:
        """End the file; what is in memory stays."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def append(self, request: LoggedRequest) -> None:
        """A request is in the file before its answer is on the wire."""
        self.count = request.number
        self._kept.append(request)
        if self._file is not None:
            self._file.write(json.dumps(request.plain()) + "\n")
            self._file.flush()

    def page(self, *, after: int) -> list[LoggedRequest]:
        """The first requests with a number above `after`, as many as one page holds."""
        dropped = self.count - len(self._kept)
        return list(islice(self._kept, max(0, after - dropped), max(0, after - dropped) + REQUESTS_PAGE_MAX))


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, mode=0o600)
