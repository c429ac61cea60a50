"""What is said on stdout. A reader that went away, as `head` does, never stops a run or changes its exit code."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Final

import click
from rich.console import Console

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.console import RenderableType

_STEP: Final = 1000  # from one unit of size to the next
_PIPE_WIDTH: Final = 120  # of a line where no terminal says how wide it is


def say(text: str) -> None:
    """Text goes to stdout, or nowhere if there is none or nobody reads it any more."""
    if _has_no_stdout():
        return
    try:
        click.echo(text)
        sys.stdout.flush()
    except OSError:
        leave_stdout()


def show(renderable: RenderableType) -> None:
    """What `rich` draws is drawn first and written then, since its own answer to a closed pipe is to exit with 1."""
    if _has_no_stdout():
        return
    width = None if sys.stdout.isatty() else _PIPE_WIDTH
    console = Console(file=sys.stdout, width=width)
    with console.capture() as capture:
        console.print(renderable)
    say("\n".join(line.rstrip() for line in capture.get().splitlines()))


def line_width() -> int | None:
    """How long a line may be before a terminal breaks it; None where stdout is no terminal."""
    return None if _has_no_stdout() or not sys.stdout.isatty() else get_terminal_size().columns


def _has_no_stdout() -> bool:
    """Python has no stdout where the process was started without one, as by `>&-`; its types do not know that."""
    return sys.stdout is None  # type: ignore[redundant-expr, unused-ignore]


def leave_stdout() -> None:
    """Nobody reads stdout any more, so nothing is written to it."""
    # What is still in the buffer would raise once more when the interpreter flushes it at its end.
    with suppress(OSError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def amount(number: float) -> str:
    """A count, with commas between the thousands."""
    return f"{number:,.0f}"


def size(bytes_count: float) -> str:
    """A size as a person would say it: `812 B`, `15.9 MB`, `1.2 GB`."""
    for unit in ("B", "kB", "MB"):
        if bytes_count < _STEP:
            return f"{bytes_count:.{0 if unit == 'B' else 1}f} {unit}"
        bytes_count /= _STEP
    return f"{bytes_count:.1f} GB"


def lasting(duration_s: float) -> str:
    """A duration as a person would say it: `45 s`, `12 min`, `3 h 20 min`."""
    seconds = max(0, round(duration_s))
    if seconds < 90:  # noqa: PLR2004 - a minute and a half still reads well in seconds
        return f"{seconds} s"
    minutes = round(seconds / 60)
    if minutes < 90:  # noqa: PLR2004 - likewise in minutes
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def section(title: str, lines: Iterable[str]) -> Iterator[str]:
    """Lines under a title of their own, or nothing where there are none."""
    found = list(lines)
    if found:
        yield ""
        yield f"{title}:"
        yield from (f"  {line}" for line in found)
