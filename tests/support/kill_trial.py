"""What is there after a kill and the run that ended it, and whether VTEX's log, the ledger and the report agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from attrs import frozen
from kill_story import DELIVERED, INVOICES, Facts, Story
from ledger_support import Key, Left, ambiguities, intents, key_of, told
from process_support import Ended, results, summary

from vtex_tracking import past
from vtex_tracking.sandbox import LoggedRequest

CONCURRENCY: Final = 8
RATE_PER_S: Final = 400
IN_DOUBT_MAX: Final = (
    CONCURRENCY + RATE_PER_S // 10 + RATE_PER_S // 10
)  # sent, claimed, and answered since the last commit
QUIET_PERIOD_S: Final = 2.0
LEDGER: Final = "ledger.db"


@frozen(kw_only=True)
class Trial:
    """One kill, the run after it, and all there is to judge them by."""

    story: Story
    folder: Path
    was_killed: bool  # and not at its end before
    left: dict[Key, Left]  # by the kill, before anybody touched the ledger again
    before: tuple[LoggedRequest, ...]  # what the killed run wrote
    after: tuple[LoggedRequest, ...]
    second_started_s: float
    second: Ended
    held: Facts  # at VTEX, in the end
    delivered: frozenset[Key]  # likewise

    def problems(self) -> Iterator[str]:
        """Everything that is wrong, a sentence each."""
        if self.second.exit_code or self.second.stderr:
            yield f"the run after the kill ended with {self.second.exit_code}: {self.second.stderr}"
            return
        if lost := sorted(key for key, events in self.story.second.items() if self.held.get(key) != events):
            yield f"VTEX does not hold the newest update of {lost}"
        if wrong := self.delivered ^ {key for key, events in self.story.second.items() if DELIVERED in events}:
            yield f"VTEX is wrong about whether these are delivered: {sorted(wrong)}"
        yield from self._repeats()
        yield from self._news()
        yield from self._accounts()
        yield from self._ledger()

    def _repeats(self) -> Iterator[str]:
        """The same bytes go out again only for a doubt on record, and never after a durable `sent`."""
        in_flight = {(key, left.fingerprint) for key, left in self.left.items() if left.state == "in_flight"}
        sent = {(key, left.fingerprint) for key, left in self.left.items() if left.state == "sent"}
        pending = {(key, left.fingerprint) for key, left in self.left.items() if left.state == "pending"}
        for what in sent & told(self.after).keys():
            yield f"{what}: sent again after a durable outcome"
        for what in pending & told(self.before).keys():
            yield f"{what}: asked for without an intent"
        if len(in_flight) > IN_DOUBT_MAX:
            yield f"{len(in_flight)} were in flight, but only {IN_DOUBT_MAX} may be"
        repeated = {what for what, times in told((*self.before, *self.after)).items() if times > 1}
        for what in repeated - ambiguities(self.folder / LEDGER):
            yield f"{what}: sent again, and no doubt is on record"
        if not self.story.faults and not repeated <= in_flight:
            yield f"{repeated - in_flight}: sent again, but not in flight when it was killed"

    def _news(self) -> Iterator[str]:
        """Other bytes wait until what was in flight can no longer arrive."""
        for request in self.after:
            left = self.left.get(key_of(request))
            waited_s = request.at_s - self.second_started_s
            is_news = left is not None and left.state == "in_flight" and left.fingerprint != request.body_sha256
            if is_news and waited_s < QUIET_PERIOD_S:
                yield f"{key_of(request)}: news went out {waited_s:.3f} s after the doubt"

    def _accounts(self) -> Iterator[str]:
        """The report counts what the feed says, what its own rows say, and what VTEX saw."""
        said = summary(self.folder)
        counts, rows = said["counts"], Counter(result["outcome"] for result in results(self.folder))
        if not counts["invoices"] == counts["sent"] + counts["unchanged"] == INVOICES:
            yield f"the report counts {counts}"
        if rows != Counter({name: counts[name] for name in ("sent", "unchanged") if counts[name]}):
            yield f"the report has rows {rows}, and counts {counts}"
        if said["requests"] != len(self.after):
            yield f"the report counts {said['requests']} requests, VTEX {len(self.after)}"

    def _ledger(self) -> Iterator[str]:
        """The ledger is whole, no request lacks an intent, and the killed run has a report that adds up."""
        ledger = self.folder / LEDGER
        yield from past.check_ledger(ledger)
        intended = intents(ledger)
        for key, times in Counter(map(key_of, (*self.before, *self.after))).items():
            if times > intended[key]:
                yield f"{key}: {times} requests, but {intended[key]} intents"
        for run in past.past_runs(ledger):
            again = past.rewrite_report(ledger, run_id=run.run_id, directory=self.folder / "again")
            yield from again.summary.counts.faults()
