"""Adding up: what a run comes to, and the exit code that says it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import repeat
from pathlib import Path
from typing import Final

import cattrs
from attrs import asdict

from vtex_tracking.ledger.place import MOUNTS, network_filesystem_of
from vtex_tracking.ledger.sqlite.connection import LedgerFile
from vtex_tracking.ledger.sqlite.history import History
from vtex_tracking.model import Counts, FeedInfo, FeedWarning, Notice, Reason, Summary, WarningCode
from vtex_tracking.push.verdict import Stop
from vtex_tracking.settings import Rate, Settings

EXIT_DONE: Final = 0
EXIT_BUG: Final = 1
EXIT_PERSON: Final = 3
EXIT_AGAIN: Final = 4
EXIT_EARLY: Final = 6
_DOUBTFUL: Final[frozenset[str]] = frozenset(WarningCode)


def exit_code_of(counts: Counts, *, stop_exit_code: int | None) -> int:
    """What stopped the run comes first; then what is left to do, the next run's before a person's."""
    if stop_exit_code is not None:
        return stop_exit_code
    if counts.pending:
        return EXIT_EARLY
    if counts.failed or counts.unknown:
        return EXIT_AGAIN
    return EXIT_PERSON if counts.rejected or counts.defects else EXIT_DONE


def summary_of(
    history: History,
    *,
    finished_at: str,
    stop: Stop | None,
    signalled: int | None = None,
    notices: Sequence[Notice] = (),
) -> Summary:
    """The run as the ledger has it. A stop of its own outranks a signal: refused credentials stay refused.

    Sums that do not hold are a bug of ours: the exit code says so, and nothing in the report is to be trusted.
    """
    beginning, endings, traffic = history.beginning(), history.endings(), history.traffic()
    counts = history.counts(endings)
    said = [*notices_of(beginning.feeds), *notices]
    if stop is not None:
        said.append(Notice(code="stopped", message=stop.message))
    exit_code = exit_code_of(counts, stop_exit_code=stop.exit_code if stop is not None else signalled)
    if faults := counts.faults():
        said.append(Notice(code="accounts", message=f"the accounts do not add up, a bug: {'; '.join(faults)}"))
        exit_code = EXIT_BUG
    lasted_s = traffic.last_s - traffic.first_s
    return Summary(
        run_id=beginning.run_id,
        version=beginning.version,
        account=beginning.account,
        feeds=beginning.feeds,
        settings=beginning.settings,
        started_at=beginning.started_at,
        finished_at=finished_at,
        counts=counts,
        requests=traffic.requests,
        attempts_by_status=traffic.attempts_by_status,
        rate_asked=cattrs.structure(beginning.settings["rate"], Rate).per_s,
        rate_reached=round((traffic.requests - 1) / lasted_s, 3) if lasted_s > 0 else 0.0,
        latency_ms=traffic.latency_ms,
        top_reasons=history.top_reasons(endings),
        top_defects=history.top_defects(),
        warnings=history.warning_counts(),
        notices=tuple(said),
        stop_reason=stop.reason if stop is not None else Reason.INTERRUPTED if signalled is not None else Reason.NONE,
        exit_code=exit_code,
    )


def shown_settings(settings: Settings) -> dict[str, object]:
    """The settings as a report shows them; no secret is among them."""
    return asdict(
        settings, value_serializer=lambda _instance, _field, value: str(value) if isinstance(value, Path) else value
    )


def notices_of(feeds: Sequence[FeedInfo]) -> list[Notice]:
    """What a person should know of how the feeds were read."""
    notices = []
    for feed in feeds:
        if feed.fallback_lines:
            notices.append(
                _notice(feed, "not_utf8", f"{feed.fallback_lines} lines are not UTF-8 and were read as cp1252")
            )
        if feed.stripped_characters:
            text = f"{feed.stripped_characters} control characters were taken out of texts"
            notices.append(_notice(feed, "control_characters", text))
        if feed.unused_columns:
            names = ", ".join(feed.unused_columns)
            notices.append(_notice(feed, "unused_columns", f"nothing is read from these columns: {names}"))
        notices += [Notice(code=code, message=message) for code, message in _coded(feed)]
    return notices


def warnings_of(feeds: Sequence[FeedInfo]) -> Iterator[FeedWarning]:
    """What is doubtful about how the feeds were read; the rest of what they say of themselves is to be known, no more."""
    for feed in feeds:
        for code, message in _coded(feed):
            if code in _DOUBTFUL:
                yield FeedWarning(code=code, place=feed.name, problem=message.removeprefix(f"{feed.name}: "))


def notices_of_ledger(ledger: LedgerFile) -> list[Notice]:
    """What a person should know of the memory between runs of a real store."""
    if ledger.path is None:
        return [
            Notice(code="no_ledger", message="without a ledger nothing is remembered: the next run sends it all again")
        ]
    if ledger.is_new:
        text = f"{ledger.path} is new: it does not know what was sent before it, so everything in the feeds was sent"
        return [Notice(code="new_ledger", message=text)]
    return []


def notices_of_place(ledger: LedgerFile, *, history: History, mounts: Path = MOUNTS) -> list[Notice]:
    """What should be looked at before the first request: a ledger that may not be kept, or not be the only one."""
    notices = []
    if ledger.path is not None and (filesystem := network_filesystem_of(ledger.path, mounts=mounts)) is not None:
        text = f"{ledger.path} lies on a network file system ({filesystem}), which may lose or lock it wrongly"
        notices.append(Notice(code="network_ledger", message=f"{text}; keep it on a disk of this machine"))
    if (host := history.host_before()) is not None:
        text = (
            f"the run before this one was made on {host}: where the ledger was copied, only one of the two may be used"
        )
        notices.append(Notice(code="other_host", message=f"{text}, or both send the same"))
    return notices


def _coded(feed: FeedInfo) -> Iterator[tuple[str, str]]:
    return zip(feed.warning_codes or repeat("feed"), feed.warnings, strict=False)


def _notice(feed: FeedInfo, code: str, text: str) -> Notice:
    return Notice(code=code, message=f"{feed.name}: {text}")
