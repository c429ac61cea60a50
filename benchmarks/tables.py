"""Figures and bars as tables in Markdown, which a terminal shows well enough."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from bars import Judged
from figures import OURS, Figure, ratio
from results import Machine, Result


def result_tables(result: Result) -> str:
    """A table for each case, under the command that gave them all and the machine."""
    lines = [f"`{result.command}`, {_machine(result.machine)}", ""]
    for case, figures in groupby(result.figures, key=lambda figure: figure.case):
        lines += [*_case_table(case, list(figures)), ""]
    return "\n".join(lines[:-1])


def bar_table(judged: Iterable[Judged]) -> str:
    """A line for each bar."""
    rows = [(each.bar.says, each.bar.asked, _number(each.value), _number(each.baseline), each.word) for each in judged]
    return "\n".join(_table(("bar", "asked", "measured", "baseline", "is"), rows))


def _case_table(case: str, figures: Sequence[Figure]) -> Iterator[str]:
    """A line for each subject, a column for each quantity, and the first quantity as a ratio, the last column."""
    quantities = list(dict.fromkeys(figure.quantity for figure in figures))
    subjects = list(dict.fromkeys(figure.subject for figure in figures))
    by_place = {(figure.subject, figure.quantity): figure for figure in figures}
    ours = by_place.get((OURS, quantities[0]))
    rows = []
    for subject in subjects:
        row = [by_place.get((subject, quantity)) for quantity in quantities]
        compared = f"{ratio(ours, row[0]):.2f}" if ours and row[0] and row[0].median else ""
        rows.append((subject, *(_cell(figure) for figure in row), compared))
    rounds = len(figures[0].values)
    yield f"**{case}**, {rounds} round{'s' if rounds > 1 else ''}; one alone: `{figures[0].command}`"
    yield ""
    yield from _table(("", *quantities, f"{quantities[0]}: ours, times"), rows)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    for cells in (heads, ["---", *["---:"] * (len(heads) - 1)], *rows):
        yield f"| {' | '.join(cells)} |"


def _cell(figure: Figure | None) -> str:
    if figure is None:
        return ""
    spread = f" (±{figure.spread * 50:.0f} %)" if len(figure.values) > 1 else ""
    return f"{_number(figure.median)}{spread}"


def _number(value: float | None) -> str:
    """Three digits that count, or all before the point."""
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"  # noqa: PLR2004 - three digits


def _machine(machine: Machine) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
    return f"on {machine.cores} cores ({machine.processor}), {machine.system}, {machine.python}, {versions}"
