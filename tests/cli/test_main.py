"""The front door: quick help, one message for whatever stops a command, and its exit code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from vtex_tracking.cli.logs import configure
from vtex_tracking.cli.main import Commands, cli
from vtex_tracking.errors import FeedError, LedgerBusyError, TrackingError
from vtex_tracking.version import __version__

HEAVY = {"aiohttp", "rich", "attr", "sqlite3", "asyncio", "tenacity", "logging", "vtex_tracking.pipeline"}


def end_by(error: BaseException, *, level: str = "info") -> Result:
    @click.command("end")
    def end() -> None:
        configure(level=level, form="text")
        raise error

    return CliRunner().invoke(Commands(commands=[end]), ["end"])


@pytest.mark.parametrize("arguments", [["--help"], ["push", "--help"], ["ledger", "forget", "--help"]])
def test_help_imports_nothing_that_only_a_run_needs(arguments: list[str]) -> None:
    """Help is quick because it imports click and little else."""
    script = (
        "import sys; before = set(sys.modules); from vtex_tracking.cli.main import cli; "
        f"cli({arguments!r}, standalone_mode=False); print('imported:', *(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)  # noqa: S603 - our own script
    help_text, _, imported = done.stdout.partition("imported:")
    assert "Usage:" in help_text
    assert set() == HEAVY & set(imported.split())


def test_a_plan_imports_no_http_client(folder: Path) -> None:
    """What sends nothing does not wait for what would send it, which is the slowest of all to import."""
    (folder / "feed.csv").write_text("order_id,invoice_number,date,description\no1,n1,2026-03-02,x\n", encoding="utf-8")
    script = (
        "import sys; from vtex_tracking.cli.main import cli; "
        "cli(['plan', '--account', 'mystore', 'feed.csv'], standalone_mode=False); print('imported:', *sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)  # noqa: S603 - our own script
    plan, _, imported = done.stdout.partition("imported:")
    assert "Plan for mystore" in plan
    assert "aiohttp" not in imported.split()


def test_the_package_runs_as_a_module_under_the_commands_name() -> None:
    """`python -m vtex_tracking` calls itself vtex-tracking."""
    done = subprocess.run([sys.executable, "-m", "vtex_tracking"], capture_output=True, text=True, check=False)
    assert "Usage: vtex-tracking" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [(FeedError("feed.csv: is a folder"), 5), (LedgerBusyError("held"), 9), (TrackingError("x"), 1)],
)
def test_what_stops_a_run_ends_as_its_message_and_its_exit_code(error: TrackingError, exit_code: int) -> None:
    """Every exception of ours is one line on stderr, and the command's exit code is its own."""
    result = end_by(error)
    assert (exit_code, f"error: {error}\n", "") == (result.exit_code, result.stderr, result.stdout)


@pytest.mark.parametrize("level", ["info", "debug"])
def test_a_bug_ends_with_1_and_without_its_text(level: str) -> None:
    """An exception that nobody foresaw is named, but its text may quote a request, and is not shown."""
    result = end_by(RuntimeError("X-VTEX-API-AppToken: canary"), level=level)
    assert 1 == result.exit_code
    assert "error: unexpected RuntimeError (" in result.stderr
    assert "canary" not in result.output
    assert (level == "debug") == ("how it came to that" in result.stderr)


def test_ctrl_c_outside_a_run_exits_with_130() -> None:
    """An interrupted command says so by its exit code alone, wherever it was."""
    assert 130 == end_by(KeyboardInterrupt()).exit_code


def test_an_error_shows_no_control_characters() -> None:
    """A name with an escape sequence cannot speak to the terminal through an error."""
    assert "error: feed [31m.csv\n- second line\n" == end_by(FeedError("feed\x1b[31m.csv\n- second line")).stderr


def test_the_version_is_that_of_the_package() -> None:
    """Who reports a fault can say of what."""
    assert f"vtex-tracking {__version__}\n" == CliRunner().invoke(cli, ["--version"], prog_name="vtex-tracking").stdout


def test_a_long_error_is_shown_to_its_end() -> None:
    """What to do about it stands at its end."""
    assert end_by(FeedError("columns found: " + "x, " * 500 + "name one with --map")).stderr.endswith("with --map\n")
