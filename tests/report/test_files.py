"""The whole report."""

from __future__ import annotations

import csv
import json
import resource
import weakref
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import pytest
from attrs import asdict, evolve

from vtex_tracking.errors import LedgerError, ReportError
from vtex_tracking.model import FeedWarning
from vtex_tracking.report import write_report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from vtex_tracking.model import Defect, Outcome, Summary

_T = TypeVar("_T")
_NAMES = {
    "results.jsonl",
    "results.csv",
    "defects.csv",
    "defects.jsonl",
    "warnings.csv",
    "warnings.jsonl",
    "summary.json",
}


@contextmanager
def _full_disk() -> Iterator[None]:
    """No file of this process may grow beyond a kilobyte: as good as a full disk, and only while nobody else writes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_report_is_seven_files(tmp_path: Path, summary: Summary, outcome: Outcome, defect: Defect) -> None:
    """Each file is where `ReportFiles` says, with what it is for, and nothing else is in the folder."""
    warning = FeedWarning(code="same_moment", place="feed.csv:17", problem="=is on 301 invoices")
    files = write_report(
        tmp_path / "new",
        summary=summary,
        outcomes=lambda: [outcome],
        defects=lambda: [defect],
        warnings=lambda: [warning],
    )
    assert {path.name for path in (tmp_path / "new").iterdir()} == _NAMES
    assert tmp_path / "new" == files.directory
    assert outcome.order_id == json.loads(files.results_jsonl.read_text())["order_id"]
    assert outcome.order_id in files.results_csv.read_text()
    assert files.defects_csv.read_text(encoding="utf-8-sig").startswith("Pedido,")
    assert json.loads(files.defects_jsonl.read_text())["_place"] == defect.place
    assert asdict(warning) == json.loads(files.warnings_jsonl.read_text())
    assert [["code", "place", "problem"], ["same_moment", "feed.csv:17", "'=is on 301 invoices"]] == list(
        csv.reader(files.warnings_csv.read_text(encoding="utf-8-sig").splitlines())
    )
    assert summary.run_id == json.loads(files.summary_json.read_text())["run_id"]
    assert files.renamed == ()


def test_a_report_can_be_written_again(tmp_path: Path, summary: Summary, outcome: Outcome) -> None:
    """The same facts give the same bytes, in place of the old files."""
    write_report(tmp_path, summary=summary, outcomes=lambda: [outcome], defects=list, warnings=list)
    first = _contents(tmp_path)
    write_report(tmp_path, summary=summary, outcomes=lambda: [outcome], defects=list, warnings=list)
    assert first == _contents(tmp_path)
    assert set(first) == _NAMES


@pytest.mark.parametrize("failing", ["outcomes", "defects"])
def test_a_failure_halfway_changes_nothing(
    tmp_path: Path, summary: Summary, outcome: Outcome, defect: Defect, failing: str
) -> None:
    """When the ledger fails in the middle of any pass, the old report stays whole, and the ledger's error comes through."""

    def outcomes() -> Iterator[Outcome]:
        yield outcome._replace(order_id="new")
        if failing == "outcomes":
            raise LedgerError("damaged")

    def defects() -> Iterator[Defect]:
        yield defect
        raise LedgerError("damaged")

    write_report(tmp_path, summary=summary, outcomes=lambda: [outcome], defects=list, warnings=list)
    before = _contents(tmp_path)
    with pytest.raises(LedgerError):
        write_report(tmp_path, summary=summary, outcomes=outcomes, defects=defects, warnings=list)
    assert before == _contents(tmp_path)


@pytest.mark.parametrize("invoices", [6, 1_000])
def test_a_full_disk_changes_nothing(tmp_path: Path, summary: Summary, outcome: Outcome, invoices: int) -> None:
    """Whether it shows at a write or only at the last flush, the error says what to do, and nothing is left behind."""
    with _full_disk(), pytest.raises(ReportError, match=f"free disk space .+ 'vtex-tracking report {summary.run_id}'"):
        write_report(tmp_path, summary=summary, outcomes=lambda: [outcome] * invoices, defects=list, warnings=list)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_went_is_made_again(tmp_path: Path, summary: Summary) -> None:
    """Between the first send and the report a folder may be cleared away, or be taken by a file."""
    write_report(tmp_path / "gone", summary=summary, outcomes=list, defects=list, warnings=list)
    (tmp_path / "file").touch()
    with pytest.raises(ReportError, match="the ledger is intact"):
        write_report(tmp_path / "file", summary=summary, outcomes=list, defects=list, warnings=list)


def test_a_file_that_is_held_is_written_beside(tmp_path: Path, summary: Summary) -> None:
    """What cannot be replaced is left alone, and the report knows its new names."""
    (tmp_path / "results.csv").mkdir()
    files = write_report(tmp_path, summary=summary, outcomes=list, defects=list, warnings=list)
    assert files.renamed == (tmp_path / "results.1.csv",)


def test_no_pass_is_kept_in_memory(tmp_path: Path, summary: Summary, outcome: Outcome, defect: Defect) -> None:
    """A defect is let go before the one after the next is made, an outcome when its block and the next are written.

    However many there are.
    """

    class Text(str):  # a tuple cannot be watched, but what is in it
        __slots__ = ("__weakref__",)

    def each_new(made: Callable[[int, Text], _T], *, of: int = 100, alive_max: int = 2) -> Iterator[_T]:
        seen: deque[weakref.ref[Text]] = deque(maxlen=5 * alive_max)
        for number in range(of):
            assert sum(ref() is not None for ref in seen) <= alive_max
            place = Text(f"feed.csv:{number}")
            seen.append(weakref.ref(place))
            value = made(number, place)
            del place
            yield value

    files = write_report(
        tmp_path,
        summary=summary,
        outcomes=lambda: each_new(
            lambda number, place: outcome._replace(attempts=number, first_place=place), of=1_500, alive_max=500
        ),
        defects=lambda: each_new(lambda _, place: evolve(defect, place=place)),
        warnings=lambda: each_new(lambda _, place: FeedWarning(code="x", place=place, problem="y")),
    )
    assert len(files.results_jsonl.read_text().splitlines()) == 1_500
