"""A night with feeds of many layouts: one command, one PUT for each invoice, and nothing the second time."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zipfile import ZipFile

import pytest
from process_support import Ended, run, summary

from vtex_tracking.sandbox import Sandbox

pytestmark = pytest.mark.unmeasured

if TYPE_CHECKING:
    from collections.abc import Sequence

SAMPLES: Final = Path(__file__).parents[2] / "samples"
FEEDS: Final = (
    "carrier.csv",
    "events.jsonl",
    "ocoren31.txt",
    "ocoren50.txt",
    "correios.json",
    "correios.xml",
    "intelipost.jsonl",
    "workbook.xlsx",
)
INVOICES: Final = 6 + 2 + 4 + 3 + 3 + 2 + 2 + 3  # of these, in their order
RECORDS: Final = 12 + 4 + 11 + 7 + 8 + 3 + 6 + 6


async def _push(sandbox: Sandbox, feeds: Sequence[Path], *, folder: Path) -> Ended:
    options = ("--account", "mystore", "--base-url", sandbox.url, "--rate", "500/s", "--ledger", folder / "ledger.db")
    report = ("--report", folder / "report")
    return await run("push", *feeds, "--invoices", SAMPLES / "invoices.csv", *options, *report, folder=folder)


async def test_feeds_of_all_layouts_go_in_one_run(tmp_path: Path) -> None:
    """Each invoice is told once, with what the events beside the samples say; a second run has nothing to say."""
    feeds = [SAMPLES / name for name in FEEDS]
    async with Sandbox() as sandbox:
        first = await _push(sandbox, feeds, folder=tmp_path)
        assert 0 == first.exit_code, first.stdout + first.stderr
        told = Counter((request.order_id, request.invoice_number) for request in sandbox.requests)
        assert (INVOICES, {1}) == (len(told), set(told.values()))
        counts = summary(tmp_path)["counts"]
        assert (RECORDS, INVOICES, {}) == (counts["records"], counts["sent"], summary(tmp_path)["warnings"])
        assert _expected() == {key: _held(sandbox, *key) for key in _expected()}

        again = await _push(sandbox, feeds, folder=tmp_path)
        assert (0, INVOICES) == (again.exit_code, len(sandbox.requests)), again.stderr
        assert INVOICES == summary(tmp_path)["counts"]["unchanged"]


async def test_what_is_wrong_in_an_archive_is_told_with_its_member(tmp_path: Path) -> None:
    """The good records of all members are sent, and a defect names archive, member and line."""
    feed = tmp_path / "night.zip"
    with ZipFile(feed, "w") as archive:
        for name in ("delivered.csv", "defects.csv", "invoices.jsonl"):
            archive.write(SAMPLES / name, f"out/{name}")
    async with Sandbox() as sandbox:
        ended = await _push(sandbox, [feed], folder=tmp_path)
        assert (3, 4 + 2 + 3) == (ended.exit_code, len(sandbox.requests)), ended.stderr
    lines = (tmp_path / "report" / "defects.jsonl").read_text(encoding="utf-8").splitlines()
    places = [json.loads(line)["_place"] for line in lines]
    assert {f"{feed}/out/defects.csv"} == {place.rpartition(":")[0] for place in places}
    assert 13 == len(set(places))


def _expected() -> dict[tuple[str, str], frozenset[tuple[str, str]]]:
    """Of each invoice, the events that are said of it: what and when."""
    found: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for path in (SAMPLES / "expected").iterdir():
        for event in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            said = found.setdefault((event["order_id"], event["invoice_number"]), set())
            said.add((event["date"], event["description"]))
    return {key: frozenset(events) for key, events in found.items()}


def _held(sandbox: Sandbox, order_id: str, invoice_number: str) -> frozenset[tuple[str, str]]:
    events = sandbox.orders[order_id][invoice_number].events
    return frozenset((event.date, event.description) for event in events)
