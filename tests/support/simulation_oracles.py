"""What must hold whatever happens: each oracle reads the journal, and says what is wrong, a sentence each."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from http import HTTPStatus
from typing import Final

from ledger_support import ambiguities, intents, key_of
from simulation_acceptance import problems_of_acceptance
from simulation_feed import Key, Said
from simulation_journal import Answered, Asked, Decided, Ended, Failed, Journal, Left, Told
from simulation_story import APP_KEY, APP_TOKEN, REFUSALS, Finish

from vtex_tracking.errors import InterruptedRunError
from vtex_tracking.model import OutcomeKind, Reason, Receipt
from vtex_tracking.push.wire import Answer

_ROUNDING_S: Final = 1e-9
_REFUSED_FOR_GOOD: Final = (*REFUSALS, 401, 403, 409)
_STOPPED: Final = (Finish.STOPPED, Finish.ABORTED)


def problems(journal: Journal) -> Iterator[str]:
    """Everything that is wrong with what happened."""
    yield from _ended(journal)
    yield from problems_of_acceptance(journal)
    yield from _kept(journal)
    yield from _true(journal)
    yield from _complete(journal)
    yield from _calm(journal)
    yield from _forwards(journal)
    yield from _explained(journal)
    yield from _paced(journal)
    yield from _one_by_one(journal)
    yield from _secret(journal)


def _ended(journal: Journal) -> Iterator[str]:
    """No run ends with a surprise; its accounts add up, its ledger is whole, and it asked no more than it says."""
    for night, entries in journal.runs():
        asked = sum(isinstance(entry, Asked) for entry in entries)
        for entry in entries:
            match entry:
                case Failed(InterruptedRunError()) if night.finish in _STOPPED:
                    pass
                case Failed(error):
                    yield f"a run ended with {error!r}"
                case Ended() as ended:
                    yield from (f"{ended.summary.run_id}: {problem}" for problem in _wrong_with(ended, asked=asked))
                case _:
                    pass


def _wrong_with(ended: Ended, *, asked: int) -> Iterator[str]:
    summary, counts = ended.summary, ended.summary.counts
    yield from counts.faults()
    yield from (f"ledger: {problem}" for problem in ended.ledger_problems)
    counted = {kind.value: getattr(counts, kind) for kind in OutcomeKind}
    if ended.rows != {kind: count for kind, count in counted.items() if count}:
        yield f"the report has rows {dict(ended.rows)}, and counts {counted}"
    if summary.requests != asked:
        yield f"{asked} requests, and {summary.requests} in the summary"
    if summary.exit_code == 1:
        yield "exit code 1"


def _kept(journal: Journal) -> Iterator[str]:
    """What was told as sent is never sent again; what was told as rejected, only when somebody asks for it."""
    settled: dict[tuple[Key, str], Told] = {}
    for night, entries in journal.runs():
        if night.knobs.is_retrying_rejected:  # what this run does not come to, a later one does
            settled = {what: told for what, told in settled.items() if told.outcome is OutcomeKind.SENT}
        last: dict[Key, str] = {}
        for entry in entries:
            match entry:
                case Asked(_, key, sha256):
                    last[key] = sha256
                    match settled.get((key, sha256)):
                        case Told(_, OutcomeKind.SENT):
                            yield f"{key}: asked for again after it was told as sent"
                        case Told(_, OutcomeKind.REJECTED, reason) if reason is not Reason.NOT_FOUND:
                            yield f"{key}: asked for again after it was told as rejected"
                        case _:
                            pass
                case Told(key) as told if key in last:
                    settled[key, last[key]] = told
                case _:
                    pass


def _true(journal: Journal) -> Iterator[str]:
    """`sent` is told only of bytes that VTEX has applied, and a receipt is taken only for what it was given for."""
    applied: set[tuple[Key, str]] = set()
    given: set[tuple[Key, str, str | None]] = set()
    for _, entries in journal.runs():
        last: dict[Key, str] = {}
        for entry in entries:
            match entry:
                case Asked(_, key, sha256):
                    last[key] = sha256
                case Decided(request, receipt) if request.is_applied:
                    applied.add((key_of(request), request.body_sha256))
                    given.add((key_of(request), request.body_sha256, receipt))
                case Answered(key, sha256, Answer(receipt=Receipt(receipt=receipt))) if (
                    key,
                    sha256,
                    receipt,
                ) not in given:
                    yield f"{key}: the receipt {receipt} was not given for this"
                case Told(key, OutcomeKind.SENT) if (key, last.get(key, "")) not in applied:
                    yield f"{key}: told as sent, but VTEX has not applied it"
                case _:
                    pass


def _complete(journal: Journal) -> Iterator[str]:
    """In the end VTEX holds the newest update of every invoice, or has refused it."""
    *_, (_, last) = journal.runs()
    outcomes = {entry.key: entry.outcome for entry in last if isinstance(entry, Told)}
    refused = {
        (entry.key, journal.said[entry.sha256])
        for entry in journal.entries
        if isinstance(entry, Answered) and isinstance(entry.result, Answer) and entry.result.status in _REFUSED_FOR_GOOD
    }
    for key, expected in journal.expected.items():
        match outcomes.get(key):
            case OutcomeKind.UNCHANGED | OutcomeKind.SENT:
                if journal.held.get(key) != expected:
                    yield f"{key}: VTEX should hold {expected}, and holds {journal.held.get(key)}"
            case OutcomeKind.REJECTED:
                if (key, expected) not in refused:
                    yield f"{key}: rejected in the end, but VTEX never refused its newest update"
            case other:
                yield f"{key}: {other} in the end"


def _calm(journal: Journal) -> Iterator[str]:
    """Without a fault a run ends well, having asked for everything once; and the next one has nothing to ask.

    But what was not found may be there a day later, and is asked for once more when a feed names it.
    """
    *_, (_, first), (_, last) = journal.runs()
    for entries in (first, last):
        exit_codes = [entry.summary.exit_code for entry in entries if isinstance(entry, Ended)]
        if exit_codes not in ([0], [3]):
            yield f"a run without a fault ended with {exit_codes}"
    found = {entry.key: _was_found(entry) for entry in journal.entries[: -len(last)] if isinstance(entry, Answered)}
    for key in {entry.key for entry in last if isinstance(entry, Asked)}:
        if found.get(key, True):
            yield f"{key}: the last run has nothing new to say, and asked for it"
    times = Counter(entry.key for entry in first if isinstance(entry, Asked))
    if journal.story.is_calm_in_the_end and any(count > 1 for count in times.values()):
        yield f"a run without a fault asked more than once: {times}"


def _was_found(answered: Answered) -> bool:
    return not (isinstance(answered.result, Answer) and answered.result.status == HTTPStatus.NOT_FOUND)


def _forwards(journal: Journal) -> Iterator[str]:
    """Once a newer update is confirmed, no older one is applied."""
    confirmed: dict[Key, Said] = {}
    for entry in journal.entries:
        match entry:
            case Answered(key, sha256, Answer(status=200, receipt=Receipt())):
                confirmed[key] = journal.said[sha256]
            case Decided(request) if request.is_applied and key_of(request) in confirmed:
                key = key_of(request)
                if journal.said[request.body_sha256].is_older_than(confirmed[key]):
                    yield f"{key}: an older update was applied after a newer one was confirmed"
            case _:
                pass


def _explained(journal: Journal) -> Iterator[str]:
    """Whatever was applied twice has a doubt on record, and no request came without an intent."""
    decided = [entry.request for entry in journal.entries if isinstance(entry, Decided)]
    applied = Counter((key_of(request), request.body_sha256) for request in decided if request.is_applied)
    doubts = ambiguities(journal.ledger)
    for (key, sha256), times in applied.items():
        if times > 1 and (key, sha256) not in doubts:
            yield f"{key}: applied {times} times, and no doubt is on record"
    intended = intents(journal.ledger)
    for key, times in Counter(map(key_of, decided)).items():
        if times > intended[key]:
            yield f"{key}: {times} requests, but {intended[key]} intents"


def _paced(journal: Journal) -> Iterator[str]:
    """No window of a run holds more starts than were asked for."""
    for night, entries in journal.runs():
        rate = night.knobs.rate
        count = math.ceil(rate.count)
        starts = [entry.at_s for entry in entries if isinstance(entry, Asked)]
        for first_s, last_s in zip(starts, starts[count:], strict=False):
            if last_s - first_s < rate.window_s - _ROUNDING_S:
                yield f"{count + 1} starts in {last_s - first_s:.3f} s, where {rate} is asked"


def _one_by_one(journal: Journal) -> Iterator[str]:
    """Never are two requests for one order in flight, nor more than may be at once."""
    for night, entries in journal.runs():
        in_flight: Counter[str] = Counter()
        for entry in entries:
            match entry:
                case Asked(_, (order_id, _)):
                    in_flight[order_id] += 1
                    if in_flight[order_id] > 1:
                        yield f"order {order_id}: two requests in flight"
                    if in_flight.total() > night.knobs.concurrency:
                        yield f"{in_flight.total()} requests in flight, where {night.knobs.concurrency} may be"
                case Answered((order_id, _)) | Left((order_id, _)):
                    in_flight[order_id] -= 1
                case _:
                    pass


def _secret(journal: Journal) -> Iterator[str]:
    """The keys are nowhere but on the wire."""
    written = {path: path.read_bytes() for path in journal.folder.rglob("*") if path.is_file()}
    for secret in (APP_KEY, APP_TOKEN):
        if secret in journal.log_text:
            yield f"{secret} stands in the log"
        yield from (f"{secret} stands in {path}" for path, text in written.items() if secret.encode() in text)
