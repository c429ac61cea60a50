"""What is said on stdout, and what becomes of it when nobody listens."""

from __future__ import annotations

import subprocess
import sys

import pytest
from rich.table import Table

from vtex_tracking.cli.terminal import amount, lasting, say, show, size


@pytest.mark.parametrize(
    ("duration_s", "expected"),
    [
        (0.2, "0 s"),
        (89.4, "89 s"),
        (90, "2 min"),
        (3600, "60 min"),
        (5399, "1 h 30 min"),
        (90000, "25 h 0 min"),
        (-1, "0 s"),
    ],
)
def test_a_duration_reads_as_a_person_would_say_it(duration_s: float, expected: str) -> None:
    """Seconds, minutes, or hours: the largest that leaves no more than two numbers."""
    assert expected == lasting(duration_s)


@pytest.mark.parametrize(
    ("bytes_count", "expected"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (15_940_000, "15.9 MB"), (5e12, "5000.0 GB")],
)
def test_a_size_is_told_in_its_unit(bytes_count: float, expected: str) -> None:
    """A person compares two or three digits, not ten."""
    assert expected == size(bytes_count)


def test_an_amount_has_commas() -> None:
    """A million is easier to read than 1000000."""
    assert "1,234,567" == amount(1234567)


def test_what_is_drawn_is_plain_text_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a terminal there is no colour and no cutting at 80 columns."""
    table = Table("x" * 100, box=None)
    show(table)
    say("then text")
    assert " " + "x" * 100 + "\nthen text\n" == capsys.readouterr().out


def test_a_reader_that_went_away_changes_nothing() -> None:
    """A closed pipe, as of `head`, neither raises nor changes the exit code."""
    script = (
        "import sys; from vtex_tracking.cli.terminal import say; sys.stdin.read();"
        "[say('x' * 9999) for _ in range(99)]; sys.exit(3)"
    )
    process = subprocess.Popen(  # noqa: S603 - our own script
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    _, errors = process.communicate("")
    assert (3, "") == (process.returncode, errors)
