"""`summary.json`."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from attrs import asdict, evolve, fields

from vtex_tracking.model import Summary
from vtex_tracking.report.advice import advice_for
from vtex_tracking.report.summary_json import write_summary_json


def _written(summary: Summary) -> str:
    text = io.StringIO()
    write_summary_json(summary, to=text)
    return text.getvalue()


def _page(summary: Summary) -> dict[str, Any]:
    page: dict[str, Any] = json.loads(_written(summary))
    return page


def test_the_page_has_every_field_in_order(summary: Summary) -> None:
    """The keys are the summary's own, so that the contract is written in one place."""
    assert [attribute.name for attribute in fields(Summary)] == list(_page(summary))


def test_values_are_plain(summary: Summary) -> None:
    """Nested nouns are objects, their lists are lists, and codes are text."""
    page = _page(summary)
    assert asdict(summary.counts) == page["counts"]
    assert page["feeds"][0]["name"] == "São.csv"
    assert page["feeds"][0]["warnings"] == []
    assert page["latency_ms"] == {"p50": 120, "p90": 300, "p99": 410, "max": 1000}
    assert page["stop_reason"] == ""
    assert _page(evolve(summary, latency_ms=None))["latency_ms"] is None


def test_a_top_reason_says_what_to_do(summary: Summary) -> None:
    """Who reads the file by a program gets the same advice as who reads the terminal."""
    (top,) = summary.top_reasons
    assert [{**asdict(top), "advice": advice_for(top.reason)}] == _page(summary)["top_reasons"]


def test_the_page_is_laid_out_to_be_read(summary: Summary) -> None:
    """Two spaces of indent, letters as they are, one newline at the end."""
    text = _written(summary)
    assert text.startswith('{\n  "run_id": ')
    assert "São.csv" in text
    assert text.endswith("}\n")


def test_a_setting_that_json_does_not_know_is_its_text(summary: Summary) -> None:
    """A path among the settings must not cost the report."""
    assert _page(evolve(summary, settings={"ca_file": Path("ca.pem")}))["settings"] == {"ca_file": "ca.pem"}


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_number_that_is_none_is_refused(summary: Summary, number: float) -> None:
    """NaN and infinity are not JSON: a reader elsewhere would fail on them, so we fail here."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        _written(evolve(summary, rate_reached=number))
