"""What a push would do, without doing it."""

from __future__ import annotations

from typing import Final

from attrs import frozen

from vtex_tracking.errors import InterruptedRunError
from vtex_tracking.feed import FeedReader
from vtex_tracking.ledger.sqlite.intake import Intake
from vtex_tracking.ledger.states import SENDING, Disposition
from vtex_tracking.model import Counts, Defect, FeedInfo, FeedWarning, Notice, Update
from vtex_tracking.run import EXIT_SIGINT
from vtex_tracking.sense import Findings
from vtex_tracking.settings import Settings
from vtex_tracking.summing import EXIT_DONE, EXIT_PERSON, notices_of, warnings_of

_SHOWN_UPDATES: Final = 3
_SHOWN_WARNINGS: Final = 5


@frozen(kw_only=True)
class Plan:
    """What a push of these feeds would do.

    `held` VTEX refused before, `refused` are too much for one update, `resumed` were left unsettled by an earlier run.
    """

    feeds: tuple[FeedInfo, ...]
    counts: Counts
    new: int
    changed: int
    unchanged: int
    held: int
    refused: int
    resumed: int
    requests: int
    duration_s: float
    first_updates: tuple[Update, ...]
    first_defects: tuple[Defect, ...]
    warnings: dict[str, int]
    first_warnings: tuple[FeedWarning, ...]
    notices: tuple[Notice, ...]
    exit_code: int


class Planner:
    """Has feeds read for a plan, until whoever asked for it is cancelled."""

    def __init__(self) -> None:
        self._is_over = False

    def stop(self) -> None:
        """Read no further."""
        self._is_over = True

    def go_on(self) -> None:
        """Raise InterruptedRunError once nobody waits for the plan."""
        if self._is_over:
            raise InterruptedRunError("stopped; a plan sends nothing", exit_code=EXIT_SIGINT)

    def reads(self, _reader: FeedReader) -> None:
        """Nobody watches."""

    def has_read(self, _records: int) -> None:
        """Nobody watches."""


def plan_of(intake: Intake, *, infos: tuple[FeedInfo, ...], settings: Settings) -> Plan:
    """Go through what was taken in, invoice by invoice, and count what each would come to."""
    dispositions: dict[Disposition, int] = dict.fromkeys(Disposition, 0)
    first_updates: list[Update] = []
    for invoice in intake.gathered():
        dispositions[invoice.disposition] += 1
        if invoice.disposition in SENDING and invoice.update is not None and len(first_updates) < _SHOWN_UPDATES:
            first_updates.append(invoice.update)
    left, tally = intake.left(), intake.tally
    found = Findings(settings.warnings_max)
    found.add(warnings_of(infos))
    found.add(intake.doubts_of_run(infos[0].name) if infos else ())
    requests = sum(dispositions[disposition] for disposition in SENDING) + left
    if settings.invoices_max is not None:
        requests = min(requests, settings.invoices_max)
    needs_person = tally.defects or dispositions[Disposition.HELD] or dispositions[Disposition.REFUSED]
    return Plan(
        feeds=infos,
        counts=Counts(
            records=tally.records,
            events=tally.events,
            duplicates=tally.duplicates,
            defects=tally.defects,
            invoices=tally.invoices,
        ),
        new=dispositions[Disposition.NEW],
        changed=dispositions[Disposition.CHANGED],
        unchanged=dispositions[Disposition.UNCHANGED],
        held=dispositions[Disposition.HELD],
        refused=dispositions[Disposition.REFUSED],
        resumed=dispositions[Disposition.RESUMED] + left,
        requests=requests,
        duration_s=requests / settings.rate.per_s,
        first_updates=tuple(first_updates),
        first_defects=tuple(tally.first_defects),
        warnings=dict((found.counts + intake.found.counts).most_common()),
        first_warnings=tuple([*found.listed, *intake.found.listed][:_SHOWN_WARNINGS]),
        notices=tuple(notices_of(infos)),
        exit_code=EXIT_PERSON if needs_person else EXIT_DONE,
    )
