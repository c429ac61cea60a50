from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from vtex_tracking.errors import SettingsError
from vtex_tracking.sandbox.request_log import LoggedRequest, RequestLog


def logged(number: int) -> LoggedRequest:
    return LoggedRequest(
        number=number,
        at="2026-03-15T12:00:00+00:00",
        at_s=1.5,
        method="PUT",
        path="/",
        order_id="o",
        invoice_number="1",
        attempt=1,
        status=200,
        is_applied=True,
        fault=None,
        body_bytes=0,
        body_sha256="",
    )


def test_only_the_newest_requests_are_kept() -> None:
    """Beyond the limit the oldest are dropped, and a page still starts after the number asked for."""
    log = RequestLog(None, requests_max=3)
    for number in range(1, 6):
        log.append(logged(number))
    assert [3, 4, 5] == [request.number for request in log.requests]
    assert [[3, 4, 5], [5], []] == [[request.number for request in log.page(after=after)] for after in (0, 4, 9)]


def test_a_line_is_in_the_file_at_once(tmp_path: Path) -> None:
    """Each request is one JSON object on a line, readable by others before the log is closed; only we may read it."""
    path = tmp_path / "requests.jsonl"
    log = RequestLog(path)
    log.open()
    log.append(logged(1))
    text = path.read_text(encoding="utf-8")
    log.close()
    assert [logged(1).plain()] == [json.loads(line) for line in text.splitlines()]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_log_goes_on_where_it_ended(tmp_path: Path) -> None:
    """A file that exists is kept, and added to."""
    path = tmp_path / "requests.jsonl"
    for _ in range(2):
        log = RequestLog(path)
        log.open()
        log.append(logged(1))
        log.close()
    assert len(path.read_text(encoding="utf-8").splitlines()) == 2


def test_a_log_that_cannot_be_written_is_a_wrong_setting(tmp_path: Path) -> None:
    """The path and the cause are named."""
    with pytest.raises(
        SettingsError, match=r"^the request log .*/none/x cannot be written: No such file or directory$"
    ):
        RequestLog(tmp_path / "none" / "x").open()
