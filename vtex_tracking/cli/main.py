"""The command's front door. Nothing but click is imported until a command runs, so that `--help` is quick."""

from __future__ import annotations

from typing import Any, Final

import click

from vtex_tracking.cli.columns import columns
from vtex_tracking.cli.completion import completion
from vtex_tracking.cli.ledger import ledger
from vtex_tracking.cli.plan import plan
from vtex_tracking.cli.push import push
from vtex_tracking.cli.report import report
from vtex_tracking.cli.runs import runs
from vtex_tracking.cli.sandbox import sandbox
from vtex_tracking.errors import TrackingError
from vtex_tracking.version import __version__

EXAMPLES: Final = """\b
Examples:
  vtex-tracking push --sandbox feed.csv            try it: no store, no credentials
  vtex-tracking plan --account mystore feed.csv    what would be sent?
  vtex-tracking push --account mystore feed.csv    send it
"""
_CONTEXT: Final = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class Commands(click.Group):
    """Whatever stops a command ends as one message on stderr and an exit code."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Help that nobody reads to its end, as in `--help | head`, is no failure."""
        try:
            return super().make_context(info_name, args, parent, **extra)
        except BrokenPipeError:
            _leave_stdout()
            raise click.exceptions.Exit(0) from None

    def invoke(self, ctx: click.Context) -> Any:
        """Usage errors are click's to answer; the rest are ours. A closed pipe is no error."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except BrokenPipeError:
            _leave_stdout()
            ctx.exit(0)
        except KeyboardInterrupt:
            ctx.exit(130)
        except Exception as error:  # noqa: BLE001 - a bug of ours ends in a short message as well
            ctx.exit(_complain(error))


def _leave_stdout() -> None:
    from vtex_tracking.cli import terminal  # noqa: PLC0415 - --help stays quick

    terminal.leave_stdout()


def _complain(error: Exception) -> int:
    from vtex_tracking.cli import logs  # noqa: PLC0415 - --help stays quick

    if isinstance(error, TrackingError):
        logs.complain(str(error))
        return error.exit_code
    logs.complain_of_bug(error)
    return 1


@click.group(
    cls=Commands,
    commands=[push, plan, columns, report, runs, ledger, sandbox, completion],
    context_settings=_CONTEXT,
    epilog=EXAMPLES,
)
@click.version_option(__version__, message="%(prog)s %(version)s")
def cli() -> None:
    """Send carriers' tracking files to VTEX: nothing lost, nothing sent twice, and a report that adds up."""


def main() -> None:
    """Run the command, under its own name however it was started."""
    cli(prog_name="vtex-tracking")
