"""The options that several commands share, in the sections that `--help` shows them in.

A default stands here as the text that `--help` shows; a test holds it equal to that of `Settings`.
"""

from __future__ import annotations

from functools import partial, reduce
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from vtex_tracking.cli.config import CONFIG_DEFAULT, load_config
from vtex_tracking.cli.setting import Setting
from vtex_tracking.cli.types import READABLE, count, date_formats, duration, rate

if TYPE_CHECKING:
    from collections.abc import Callable

Decorated = TypeVar("Decorated", bound="Callable[..., Any] | click.Command")

# As in `feed.formats`, which is not imported for the sake of --help.
FORMATS: Final = ("auto", "ocoren", "correios", "correios-xml", "intelipost", "xlsx", "jsonl", "csv")

_store = partial(click.option, cls=Setting, section="The store")
_feed = partial(click.option, cls=Setting, section="Reading the feeds")
_choice = partial(click.option, cls=Setting, section="What is sent")
_pace = partial(click.option, cls=Setting, section="Pace and patience (durations as 500ms, 30s, 2m, 1h, 90d)")
_memory = partial(click.option, cls=Setting, section="Memory and report")
_messages = partial(click.option, cls=Setting, section="Messages and settings")

_ACCOUNT: Final = _store(
    "--account",
    metavar="NAME",
    variables=("VTEX_ACCOUNT",),
    help="The VTEX account: the NAME in https://NAME.vtexcommercestable.com.br. Also from VTEX_ACCOUNT.",
)
_LEDGER: Final = _memory(
    "--ledger",
    metavar="PATH",
    type=click.Path(dir_okay=False),
    show_default="NAME.db in the user's state folder",
    help="The file that remembers what was sent; :memory: to remember nothing.",
)
_CONFIG: Final = _messages(
    "--config",
    metavar="FILE",
    type=click.Path(),
    is_eager=True,
    expose_value=False,
    callback=load_config,
    show_default=f"{CONFIG_DEFAULT}, if it is there",
    help="A TOML file with a key for each option.",
)

_MESSAGES: Final = (
    _messages(
        "--log-format",
        type=click.Choice(["text", "json"]),
        default="text",
        help="Messages on stderr as text, or one JSON object a line.",
    ),
    _messages(
        "--log-level",
        type=click.Choice(["debug", "info", "warning", "error"]),
        default="info",
        help="The least important messages to show.",
    ),
    _CONFIG,
)

_FEEDS: Final = (
    _feed("--format", type=click.Choice(FORMATS), default="auto", help="What the feeds are."),
    _feed("--encoding", metavar="NAME", default="auto", help="How text is written, such as utf-8 or cp1252."),
    _feed(
        "--delimiter",
        type=click.Choice(["auto", ",", ";", "tab", "|"]),
        default="auto",
        help="What stands between the cells of a CSV.",
    ),
    _feed(
        "--date-format",
        metavar="FORMAT",
        type=date_formats,
        show_default="ISO, or day first",
        help="How dates are written, such as %m/%d/%Y; several with ; between them.",
    ),
    _feed("--timezone", metavar="ZONE", help="Times without an offset are this zone's, such as America/Sao_Paulo."),
    _feed("--map", metavar="FILE|NAME", help="A TOML file, or the name of one, that says which column means what."),
    _feed(
        "--invoices",
        metavar="FILE",
        help="A table that says of which order an invoice is, for feeds that do not: CSV, JSON Lines or XLSX.",
    ),
    _feed("--sheet", metavar="NAME", show_default="the first", help="The sheet of a workbook to read."),
    _feed("--truncate", is_flag=True, help="Cut a description that is too long for VTEX, instead of a defect."),
    _feed("--allow-empty", is_flag=True, help="An empty feed is no error."),
    _feed(
        "--strict",
        is_flag=True,
        help="Send nothing at all if a record is a defect, a column is not used, or anything is doubtful.",
    ),
)

_SANDBOX: Final = _store(
    "--sandbox",
    is_flag=True,
    help="Push to a VTEX that runs in this process, with a throw-away ledger and report.",
)
resume: Final = _choice("--resume", is_flag=True, help="Without a feed: send what earlier runs left open.")
_CHOICES: Final = (
    _choice(
        "--events",
        type=click.Choice(["full", "new"]),
        default="full",
        help="Every event known of the invoice, or only those not yet confirmed by VTEX.",
    ),
    _choice("--retry-rejected", is_flag=True, help="Send again what VTEX rejected, although nothing changed."),
    _choice("--limit", metavar="N", type=count, help="Send at most N invoices now; the rest stay pending."),
)

_PACE: Final = (
    _pace(
        "--rate", metavar="N/s|N/min", type=rate, default="10/s", help="Start at most so many requests, retries too."
    ),
    _pace("--concurrency", metavar="N", type=count, default="20", help="At most so many requests in flight."),
    _pace("--attempts", metavar="N", type=count, default="5", help="Ask at most so often for one invoice in one run."),
    _pace("--timeout", metavar="D", type=duration, default="60s", help="How long one request may take."),
    _pace("--backoff-max", metavar="D", type=duration, default="60s", help="The longest wait before a retry."),
    _pace(
        "--throttle-pause",
        metavar="D",
        type=duration,
        default="60s",
        help="The rest when VTEX says 429 and not for how long.",
    ),
    _pace(
        "--quiet-period",
        metavar="D",
        type=duration,
        default="2m",
        help="How long a request without an answer may still arrive; other news of that invoice waits so long.",
    ),
    _pace(
        "--drain-timeout",
        metavar="D",
        type=duration,
        default="60s",
        help="After Ctrl-C, how long requests in flight may still end.",
    ),
    _pace("--outage-limit", metavar="D", type=duration, default="30m", help="Give up when VTEX is away so long."),
    _pace(
        "--max-duration", metavar="D", type=duration, help="Start no request after this time; the rest stay pending."
    ),
)

_PLACES: Final = (
    _store("--base-url", metavar="URL", help="Another host, such as a sandbox's. Plain http only on loopback."),
    _store("--ca-file", metavar="FILE", type=READABLE, help="Trust these certificates (PEM) as well."),
)
_REPORT: Final = _memory(
    "--report",
    metavar="DIR",
    type=click.Path(file_okay=False),
    show_default="vtex-tracking-reports/RUN",
    help="The folder for the report.",
)
_QUIET: Final = _messages("--quiet", is_flag=True, help="No progress, neither bar nor lines.")


def _all(*decorators: Callable[[Any], Any]) -> Callable[[Decorated], Decorated]:
    return lambda command: reduce(lambda decorated, decorate: decorate(decorated), reversed(decorators), command)


of_message: Final = _all(*_MESSAGES)
of_ledger: Final = _all(_ACCOUNT, _LEDGER, *_MESSAGES)
of_feed: Final = _all(*_FEEDS, *_MESSAGES)
of_report: Final = _all(_ACCOUNT, _LEDGER, _REPORT, *_MESSAGES)
of_run: Final = _all(_SANDBOX, _ACCOUNT, *_PLACES, *_FEEDS, *_CHOICES, *_PACE, _LEDGER, _REPORT, _QUIET, *_MESSAGES)
feeds: Final = click.argument("feeds", metavar="FEED...", nargs=-1, type=click.Path(allow_dash=True))
