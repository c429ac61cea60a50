"""The run on one page, for the person at the terminal or the mail from cron."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from attrs import field, frozen
from rich.console import Group
from rich.text import Text

from vtex_tracking.model import OutcomeKind
from vtex_tracking.report.advice import advice_for, exit_meaning, next_steps
from vtex_tracking.report.shown import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console, ConsoleOptions

    from vtex_tracking.model import Counts, Summary, TopReason
    from vtex_tracking.report.files import ReportFiles

_LINES_MAX: Final = 20  # of each list; all of it is in summary.json
_TEXT_WIDTH_MIN: Final = 20  # a narrower terminal breaks lines once more, rather than after every letter


@frozen
class _Line:
    """A text wraps under itself, to the right of its lead; it is never markup, and ends without spaces."""

    text: str
    lead: str = field(default="", kw_only=True)
    style: str = field(default="", kw_only=True)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        lead = self.lead
        for line in Text(self.text, style=self.style).wrap(
            console, max(options.max_width - len(lead), _TEXT_WIDTH_MIN)
        ):
            text = Text(lead).append_text(line)
            text.rstrip()
            yield text
            lead = " " * len(lead)


def render_summary(summary: Summary, *, files: ReportFiles | None) -> Group:
    """A person reads from top to bottom: what came in, what became of it, why, where it is written, what to do next.

    Nothing in it is taken for markup, and no text from a feed or an answer can steer the terminal.
    """
    return Group(
        _Line(shown(f"{summary.account}, run {summary.run_id}, {_duration(summary)}"), style="bold"),
        *_sums(summary),
        *_reasons(summary.top_reasons),
        *_section("Defects", [f"{count:,} {code}" for code, count in summary.top_defects.items()]),
        *_section("Warnings", [f"{count:,} {code}" for code, count in summary.warnings.items()]),
        *_section("Notices", [notice.message for notice in summary.notices]),
        *(_files(files, summary=summary) if files else ()),
        *_section("What to do next", next_steps(summary)),
        _Line(""),
        _Line(f"Exit code {summary.exit_code}: {exit_meaning(summary.exit_code)}.", style="bold"),
    )


def _duration(summary: Summary) -> str:
    lasted = datetime.fromisoformat(summary.finished_at) - datetime.fromisoformat(summary.started_at)
    lasted_s = max(0.0, lasted.total_seconds())  # a clock may be set back during a run
    minutes, seconds = divmod(int(lasted_s), 60)
    match divmod(minutes, 60):
        case 0, 0:
            return f"{lasted_s:.1f} s"
        case 0, _:
            return f"{minutes} min {seconds} s"
        case _:
            return f"{minutes // 60:,} h {minutes % 60} min"


def _sums(summary: Summary) -> list[_Line]:
    counts = summary.counts
    numbers = [f"{number:,}" for number in (counts.records, counts.invoices, summary.requests)]
    width = max(map(len, numbers))
    explained = {
        "records": _sum_of(counts, names=("events", "duplicates", "defects")),
        "invoices": _sum_of(counts, names=tuple(OutcomeKind)),
        "requests": _pace(summary) if summary.requests else "",
    }
    return [
        _Line(text, lead=f"  {name:<8}  {number:>{width}}  ")
        for (name, text), number in zip(explained.items(), numbers, strict=True)
    ]


def _sum_of(counts: Counts, *, names: Sequence[str]) -> str:
    parts = [f"{count:,} {name}" for name in names if (count := getattr(counts, name))]
    return f"= {' + '.join(parts)}" if parts else ""


def _pace(summary: Summary) -> str:
    pace = f"at {_rate(summary.rate_reached)}, asked {_rate(summary.rate_asked)}"
    if summary.latency_ms is None:
        return pace
    return f"{pace}; half answered within {summary.latency_ms.p50:,} ms, 99 % within {summary.latency_ms.p99:,} ms"


def _rate(per_s: float) -> str:
    return f"{per_s:,.1f}/s" if per_s >= 1 else f"{per_s * 60:,.1f}/min"


def _reasons(top_reasons: Sequence[TopReason]) -> list[_Line]:
    told = [top for top in top_reasons if top.outcome not in {OutcomeKind.SENT, OutcomeKind.UNCHANGED}][:_LINES_MAX]
    lines = [_Line(""), _Line("Top reasons", style="bold")] if told else []
    for top in told:
        place = f" ({top.first_place})" if top.first_place else ""
        lines += [
            _Line(f"{top.count:,} {top.outcome}: {top.reason}", lead="  "),
            _Line(shown(f"such as order {top.order_id}, invoice {top.invoice_number}{place}"), lead="    "),
            _Line(advice_for(top.reason), lead="    "),
        ]
    return lines


def _files(files: ReportFiles, *, summary: Summary) -> list[_Line]:
    counts = summary.counts
    named = [
        f"{files.results_csv.name} and {files.results_jsonl.name}: each of the {counts.invoices:,} invoices",
        f"{files.defects_csv.name} and {files.defects_jsonl.name}: each of the {counts.defects:,} defects",
        *([_of_warnings(files, summary=summary)] if summary.warnings else []),
        f"{files.summary_json.name}: this page, for programs",
        *(f"{path.name} has a new name: the usual file is held by another program" for path in files.renamed),
    ]
    return _section(f"Report in {files.directory}", named)


def _of_warnings(files: ReportFiles, *, summary: Summary) -> str:
    return f"{files.warnings_csv.name} and {files.warnings_jsonl.name}: the {sum(summary.warnings.values()):,} warnings"


def _section(title: str, texts: Sequence[str]) -> list[_Line]:
    if not texts:
        return []
    lines = [_Line(shown(text), lead="  ") for text in texts[:_LINES_MAX]]
    if len(texts) > _LINES_MAX:
        lines.append(_Line(f"and {len(texts) - _LINES_MAX:,} more in summary.json", lead="  "))
    return [_Line(""), _Line(title, style="bold"), *lines]
