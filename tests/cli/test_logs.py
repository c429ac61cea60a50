"""Log lines: one line each, safe to read, safe to keep."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import sys
from contextlib import suppress

import pytest

from vtex_tracking.cli.logs import complain, configure, log_lost_exceptions, trace_of

log = logging.getLogger("vtex_tracking.somewhere")


class Full(io.StringIO):
    def write(self, _text: str) -> int:
        raise OSError(28, "No space left on device")


def fail_twice() -> Exception:
    """An exception that another one caused, both raised."""
    cause, error = KeyError("canary"), RuntimeError("canary")
    error.__cause__ = cause
    for one in (cause, error):
        with suppress(Exception):
            raise one
    return error


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_message_is_one_line_whatever_it_holds(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A description cannot forge a line of the log, nor speak to the terminal."""
    configure(level="info", form=form)
    log.info("invoice %s", "1\nERROR forged\x1b[2J\u2028x")
    (line,) = capsys.readouterr().err.splitlines()
    assert "invoice 1 ERROR forged [2J x" in line


def test_json_lines_have_time_level_logger_and_message(capsys: pytest.CaptureFixture[str]) -> None:
    """A program reads the parts of a message by their names."""
    configure(level="info", form="json")
    log.warning("não")
    line = json.loads(capsys.readouterr().err)
    assert ("warning", "vtex_tracking.somewhere", "não") == (line["level"], line["logger"], line["message"])
    assert line["time"].endswith("+00:00")
    assert "trace" not in line


def test_the_level_is_ours_and_libraries_only_warn(capsys: pytest.CaptureFixture[str]) -> None:
    """Not even debug shows what the libraries below us say of their work, for that may hold headers."""
    configure(level="debug", form="text")
    log.debug("ours")
    logging.getLogger("aiohttp.client").info("theirs")
    assert capsys.readouterr().err.endswith("debug: ours\n")
    configure(level="error", form="text")
    log.warning("not important enough")
    assert "" == capsys.readouterr().err


@pytest.mark.parametrize("form", ["text", "json"])
def test_an_exception_is_logged_by_its_place_and_not_its_text(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The text of an exception may quote a request, and with it a token."""
    configure(level="debug", form=form)
    log.error("failed", exc_info=fail_twice())
    text = capsys.readouterr().err
    assert "canary" not in text
    assert "RuntimeError" in text
    assert "test_logs.py" in text
    assert "KeyError" in text


def test_a_group_of_exceptions_shows_each_of_them() -> None:
    """What went wrong in a task is found inside the group that a task group raises."""
    group = ExceptionGroup("canary", [fail_twice(), ValueError("canary")])
    trace = trace_of(group)
    assert {"ExceptionGroup", "RuntimeError", "KeyError", "ValueError"} <= set(trace)
    assert "canary" not in " ".join(trace)


async def test_an_exception_that_nobody_awaited_is_logged_without_its_text(capsys: pytest.CaptureFixture[str]) -> None:
    """The loop's own message would show the exception, and an exception may hold a token."""
    configure(level="info", form="text")
    log_lost_exceptions()
    asyncio.get_running_loop().call_exception_handler({"message": "lost it", "exception": ValueError("canary")})
    text = capsys.readouterr().err
    assert "lost: lost it < ValueError" in text
    assert "canary" not in text


def test_the_last_error_is_json_where_lines_are(capsys: pytest.CaptureFixture[str]) -> None:
    """A program that reads the log can read its end as well."""
    configure(level="info", form="json")
    complain("feed.csv: gone")
    assert "feed.csv: gone" == json.loads(capsys.readouterr().err)["message"]
    configure(level="info", form="text")
    complain("feed.csv: gone")
    assert "error: feed.csv: gone\n" == capsys.readouterr().err


def test_a_log_that_nobody_reads_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that cannot be written is dropped without a word."""
    monkeypatch.setattr(sys, "stderr", Full())
    configure(level="info", form="text")
    log.info("nobody reads this")
    complain("nor this")
