"""Log lines on stderr: one line a message, as text or as JSON, that hold no secret and no line break of a stranger's."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import traceback
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

LINE_CHARACTERS_MAX: Final = 4000  # the rooms below cut what comes from outside; a list of columns may still be long


def configure(*, level: str, form: str) -> None:
    """Our own messages are shown from `level` on, those of the libraries below us from `warning` on."""
    handler = Stderr()
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("vtex_tracking").setLevel(level.upper())


def complain(message: str) -> None:
    """What ended the command is the last line on stderr: `error: message`, or JSON where lines are JSON."""
    if any(isinstance(handler.formatter, JsonLines) for handler in logging.getLogger().handlers):
        logging.getLogger("vtex_tracking").error(message)
        return
    with suppress(OSError):
        sys.stderr.write("error: " + "\n".join(_visible(line) for line in message.splitlines()) + "\n")


def complain_of_bug(error: Exception) -> None:
    """An exception that nobody foresaw is named by its kind and place; more of it only for who asks for `debug`."""
    place = [line for line in trace_of(error) if "vtex_tracking" in line][-1]
    complain(f"unexpected {type(error).__name__} ({place}): a bug of vtex-tracking; --log-level debug shows more")
    logging.getLogger(__name__).debug("how it came to that", exc_info=error)


def trace_of(error: BaseException) -> list[str]:
    """Where an exception came from, without its text: that of a library may quote a request, and with it a token."""
    inner = error.exceptions if isinstance(error, BaseExceptionGroup) else (error.__cause__ or error.__context__,)
    frames = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    return [type(error).__name__, *frames, *(line for one in inner if one is not None for line in trace_of(one))]


def log_lost_exceptions() -> None:
    """An exception that nobody awaited is logged by its trace alone, in place of the loop's own words about it."""
    asyncio.get_running_loop().set_exception_handler(_log_lost)


def _log_lost(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    logging.getLogger(__name__).error("lost: %s", context["message"], exc_info=context.get("exception"))


def _visible(text: str) -> str:
    """One line, with nothing in it that a terminal obeys."""
    return "".join(char if char.isprintable() else " " for char in text[:LINE_CHARACTERS_MAX])


class Stderr(logging.Handler):
    """Writes to what is stderr at that moment, so that a line and a progress bar do not cross."""

    def emit(self, record: logging.LogRecord) -> None:
        """A line that cannot be written is dropped: a run does not end for want of a reader."""
        with suppress(OSError):
            sys.stderr.write(self.format(record) + "\n")


class TextLines(logging.Formatter):
    """`2026-11-23 14:55:02 info: message`, in local time, as cron's own mails are."""

    def format(self, record: logging.LogRecord) -> str:
        """Whatever the message holds, this is one line."""
        moment = datetime.fromtimestamp(record.created, UTC).astimezone()
        line = f"{moment:%Y-%m-%d %H:%M:%S} {record.levelname.lower()}: {_visible(record.getMessage())}"
        return " < ".join([line, *_trace(record)])


class JsonLines(logging.Formatter):
    """`{"time": …, "level": …, "logger": …, "message": …}`, in UTC; `trace` beside them for an exception."""

    def format(self, record: logging.LogRecord) -> str:
        """Whatever the message holds, this is one JSON object on one line."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _visible(record.getMessage()),
        }
        trace = _trace(record)
        return json.dumps(line | {"trace": trace} if trace else line, ensure_ascii=False)


def _trace(record: logging.LogRecord) -> list[str]:
    error = record.exc_info[1] if record.exc_info else None
    return [] if error is None else trace_of(error)
