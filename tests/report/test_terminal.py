"""The run on one page."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from attrs import evolve
from rich.cells import cell_len
from rich.console import Console

from vtex_tracking.model import Counts, Notice, OutcomeKind, Percentiles, Reason, Summary, TopReason
from vtex_tracking.report import ReportFiles, advice_for, render_summary


@pytest.fixture
def files() -> ReportFiles:
    folder = Path("vtex-tracking-reports/20261123T031500Z-4f2a")
    return ReportFiles(
        directory=folder,
        results_jsonl=folder / "results.jsonl",
        results_csv=folder / "results.csv",
        defects_csv=folder / "defects.csv",
        defects_jsonl=folder / "defects.jsonl",
        warnings_csv=folder / "warnings.csv",
        warnings_jsonl=folder / "warnings.jsonl",
        summary_json=folder / "summary.json",
    )


def _printed(summary: Summary, *, files: ReportFiles | None = None, width: int = 80) -> str:
    """What a log of cron gets: no terminal, no colour."""
    console = Console(file=io.StringIO(), width=width, force_terminal=False)
    console.print(render_summary(summary, files=files))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def _words(text: str) -> str:
    return " ".join(text.split())


def test_the_page_is_this(summary: Summary, files: ReportFiles) -> None:
    """At 80 columns and without a terminal, a run with something of everything reads like this."""
    page = """\
mystore, run 20261123T031500Z-4f2a, 5 min 2 s
  records   10,070  = 10,000 events + 50 duplicates + 20 defects
  invoices   3,000  = 2,950 sent + 30 unchanged + 12 rejected + 5 failed + 2
                    unknown + 1 pending
  requests   3,120  at 9.8/s, asked 10.0/s; half answered within 120 ms, 99 %
                    within 410 ms

Top reasons
  12 rejected: not_found
    such as order 1172452900788-01, invoice 000030711 (feed.csv:17)
    Compare both numbers with the order in VTEX. A later run tries again after
    24 hours, or at once with --retry-rejected.

Defects
  20 bad_date

Warnings
  1,234 event_in_future
  1 same_moment

Notices
  3 lines were read as cp1252

Report in vtex-tracking-reports/20261123T031500Z-4f2a
  results.csv and results.jsonl: each of the 3,000 invoices
  defects.csv and defects.jsonl: each of the 20 defects
  warnings.csv and warnings.jsonl: the 1,235 warnings
  summary.json: this page, for programs

What to do next
  Run the same command again: it sends only what is not settled.
  Mend defects.csv and push it; defects of JSON Lines are in defects.jsonl.
  Look up the rejected invoices in results.csv; they are not sent again until
  their facts change.

Exit code 3: done, but a person is needed: some records are defects or some
invoices rejected.
"""
    assert page == _printed(summary, files=files)


def test_a_run_with_nothing_to_say_is_short(summary: Summary) -> None:
    """No section stands without a line in it, and nothing is said of a pace when no request was made."""
    quiet = evolve(
        summary,
        counts=Counts(records=1, events=1, invoices=1, unchanged=1),
        requests=0,
        top_reasons=(evolve(summary.top_reasons[0], outcome=OutcomeKind.UNCHANGED, reason=Reason.ALREADY_SENT),),
        top_defects={},
        warnings={},
        notices=(),
        exit_code=0,
    )
    page = """\
mystore, run 20261123T031500Z-4f2a, 5 min 2 s
  records   1  = 1 events
  invoices  1  = 1 unchanged
  requests  0

Exit code 0: every invoice is sent or unchanged, and there is no defect.
"""
    assert page == _printed(quiet)


def test_text_from_outside_is_only_shown(summary: Summary) -> None:
    """Markup, escapes and line ends of a feed or an answer are printed, not obeyed, and a long text is cut."""
    top = evolve(summary.top_reasons[0], first_place="[bold red]a.csv\x1b[2J\nExit code 0:17")
    notices = (Notice(code="x", message="[link=http://x]y[/link] :smile: " + "z" * 400),)
    page = _printed(evolve(summary, top_reasons=(top,), notices=notices, top_defects={"[red]": 1}), width=1000)
    assert "([bold red]a.csv [2J Exit code 0:17)" in page
    assert "[link=http://x]y[/link] :smile: " + "z" * 267 + "…\n" in page
    assert "  1 [red]\n" in page
    assert "\x1b" not in page


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_the_page_fits(summary: Summary, files: ReportFiles, width: int) -> None:
    """No line is wider than the terminal, none ends in spaces while there is room, and no word is lost to a narrow one."""
    wide_letters = evolve(summary, notices=(Notice(code="x", message="荷物 " * 50),))
    lines = _printed(wide_letters, files=files, width=width).splitlines()
    assert max(map(cell_len, lines)) <= width
    assert width < 40 or [line.rstrip() for line in lines] == lines
    assert _words(_printed(summary, files=files, width=200)).replace(" ", "") == _words(
        _printed(summary, files=files, width=width)
    ).replace(" ", "")


def test_long_lists_are_cut(summary: Summary) -> None:
    """Twenty lines of a list are shown, and the page says where the rest is."""
    notices = tuple(Notice(code="x", message=f"notice {number}") for number in range(23))
    page = _printed(evolve(summary, notices=notices))
    assert "  notice 19\n  and 3 more in summary.json\n" in page


def test_every_reason_comes_with_advice(summary: Summary) -> None:
    """A reason without a place is shown as well, each with its own advice, at most twenty of them."""
    tops = tuple(
        TopReason(
            outcome=OutcomeKind.FAILED, reason=reason, count=1, order_id="o", invoice_number=str(number), first_place=""
        )
        for number, reason in enumerate(Reason)
    )
    page = _words(_printed(evolve(summary, top_reasons=tops)))
    assert all(advice_for(top.reason) in page for top in tops[:20])
    assert "such as order o, invoice 19 " in page
    assert "invoice 20" not in page


def test_a_renamed_file_is_named(summary: Summary, files: ReportFiles) -> None:
    """A person looks for the new name, and learns why it is new."""
    renamed = evolve(files, results_csv=files.directory / "results.1.csv")
    page = _words(_printed(summary, files=renamed))
    assert "results.1.csv and results.jsonl: each of" in page
    assert "results.1.csv has a new name: the usual file is held by another program" in page


@pytest.mark.parametrize(
    ("finished_at", "expected"),
    [
        ("2026-11-23T03:15:00.340Z", "0.3 s"),
        ("2026-11-23T03:15:59.900Z", "59.9 s"),
        ("2026-11-23T03:16:59.900Z", "1 min 59 s"),
        ("2026-11-24T04:17:00Z", "25 h 2 min"),
        ("2026-11-23T03:14:00Z", "0.0 s"),
    ],
)
def test_how_long_it_took(summary: Summary, finished_at: str, expected: str) -> None:
    """A run's length is said in two units at most; a clock that was set back makes it nothing."""
    first_line, *_ = _printed(evolve(summary, finished_at=finished_at)).splitlines()
    assert f"mystore, run 20261123T031500Z-4f2a, {expected}" == first_line


@pytest.mark.parametrize(
    ("rate", "latency", "expected"),
    [
        (1_234.56, None, "at 1,234.6/s, asked 10.0/s\n"),
        (0.5, None, "at 30.0/min, asked 10.0/s\n"),
        (
            2.0,
            Percentiles(p50=1, p90=2, p99=3_000, max=4_000),
            "10.0/s; half answered within 1 ms, 99 % within 3,000 ms",
        ),
    ],
)
def test_the_pace(summary: Summary, rate: float, latency: Percentiles | None, expected: str) -> None:
    """A slow rate is said per minute, and nothing is said of answers when none came."""
    assert expected in _printed(evolve(summary, rate_reached=rate, latency_ms=latency), width=200)
