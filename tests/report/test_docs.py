"""docs/reports.md is the contract, so it says what the program does."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any, Final

import pytest
from attrs import fields

from vtex_tracking.feed import DefectCode
from vtex_tracking.merge import Fact, gather
from vtex_tracking.model import (
    Counts,
    Defect,
    FeedInfo,
    FeedNoticeCode,
    FeedWarning,
    InvoiceKey,
    Outcome,
    OutcomeKind,
    Reason,
    Summary,
    TopReason,
    WarningCode,
)
from vtex_tracking.report.advice import EXIT_MEANINGS, EXPLANATIONS
from vtex_tracking.report.defects_csv import write_defects_csv
from vtex_tracking.report.defects_jsonl import write_defects_jsonl
from vtex_tracking.report.results import write_results
from vtex_tracking.report.warnings_jsonl import write_warnings_jsonl
from vtex_tracking.sense import doubts_of_invoice
from vtex_tracking.settings import Settings

_DOC: Final = (Path(__file__).parents[2] / "docs" / "reports.md").read_text(encoding="utf-8")


def _table(after: str) -> list[list[str]]:
    """The rows of the first table after a text that stands once in the document, without its header."""
    _, text = _DOC.split(f"\n{after}\n")
    table = re.search(r"(?:^\|.*\|\n)+", text, re.MULTILINE)
    assert table is not None
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table[0].splitlines()]
    return rows[2:]


def _names(after: str) -> list[str]:
    return [row[0].strip("`") for row in _table(after)]


def _fields(noun: Any) -> list[str]:
    return [attribute.name for attribute in fields(noun)]


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("## Results", list(Outcome._fields)),
        ("### Outcomes", list(OutcomeKind)),
        ("`warnings.jsonl` and `warnings.csv` have:", _fields(FeedWarning)),
        ("## Summary", _fields(Summary)),
        ("Each of `feeds`:", _fields(FeedInfo)),
        ("`counts`:", _fields(Counts)),
        ("Each of `top_reasons`:", [*_fields(TopReason), "advice"]),
    ],
)
def test_every_field_is_documented(after: str, expected: list[str]) -> None:
    """A table has the fields of its noun, each of them, in its order."""
    assert expected == _names(after)


def test_every_reason_is_documented() -> None:
    """Code, meaning and advice are those of the program, word for word."""
    expected = [[f"`{r}`" if r else "(empty)", EXPLANATIONS[r].meaning, EXPLANATIONS[r].advice] for r in Reason]
    assert expected == _table("### Reasons")


def test_every_exit_code_is_documented() -> None:
    """Code and meaning are those of the program, word for word."""
    assert [[str(code), meaning] for code, meaning in EXIT_MEANINGS.items()] == _table("## Exit codes")


def test_the_example_of_results_is_real(outcome: Outcome) -> None:
    """The lines shown are what is written for such an outcome, in JSON, in CSV, and field by field."""
    lines, table = io.StringIO(newline=""), io.StringIO(newline="")
    write_results([outcome], jsonl=lines, table=table)
    assert f"```json\n{lines.getvalue()}```" in _DOC
    assert f"```csv\n{table.getvalue().splitlines()[1]}\n```" in _DOC
    shown = {row[0].strip("`"): row[3].strip("`") for row in _table("## Results")}
    shown["reason"] = ""  # its example is another outcome's, since this one was sent
    assert {
        name: str(value).lower() if name == "is_delivered" else str(value) for name, value in outcome._asdict().items()
    } == shown


def test_the_example_of_defects_is_real(defect: Defect) -> None:
    """The lines shown are what is written for such a defect, and the table has its keys."""
    lines, table = io.StringIO(newline=""), io.StringIO(newline="")
    write_defects_jsonl([defect], to=lines)
    write_defects_csv(lambda: [defect], to=table)
    assert f"```json\n{lines.getvalue()}```" in _DOC
    assert "```csv\n{}```".format(table.getvalue().lstrip("\ufeff").replace("\r\n", "\n")) in _DOC
    assert list(json.loads(lines.getvalue())) == _names("`defects.jsonl` has every defect:")


def test_the_example_of_warnings_is_real(outcome: Outcome) -> None:
    """The line shown is what is written of such an invoice."""
    warnings = doubts_of_invoice(
        InvoiceKey(outcome.order_id, outcome.invoice_number),
        gather([Fact("2027-11-22 14:05:00", "Em rota")]),
        place="feed.csv:17",
        now_s=1_795_000_000.0,
        settings=Settings(account="mystore"),
    )
    lines = io.StringIO(newline="")
    write_warnings_jsonl(warnings, to=lines)
    assert f"```json\n{lines.getvalue()}```" in _DOC


def test_every_code_of_a_warning_is_documented() -> None:
    """Doubts have their table; what is only to be known is named below it."""
    table = re.search(r"^\| code \| means \|\n\|---\|---\|\n((?:\| `\w+` \| .*\|\n)+)", _DOC, re.MULTILINE)
    assert table is not None
    assert set(WarningCode) == set(re.findall(r"^\| `(\w+)`", table[1], re.MULTILINE))
    assert [] == [code for code in FeedNoticeCode if f"`{code}`" not in _DOC]


def test_every_defect_code_is_told() -> None:
    """In the order of the code, which goes from the line to the record as a whole."""
    assert [f"`{code}`" for code in DefectCode] == [row[0] for row in _table("### Defect codes")]
