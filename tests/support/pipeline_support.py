"""A whole run on real files: a feed, a ledger and a report in one folder, and a VTEX that follows a script."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from attrs import evolve
from push_support import wall_s

from vtex_tracking.pipeline import push_feed
from vtex_tracking.push.transport import Transport
from vtex_tracking.reading import Feeds
from vtex_tracking.run import Run
from vtex_tracking.settings import Rate, Settings


def settings_in(folder: Path, **options: Any) -> Settings:
    """Settings that keep everything in this folder."""
    settings = Settings(
        account="mystore",
        rate=Rate(1000),
        concurrency=4,
        ledger_path=folder / "ledger" / "mystore.db",
        report_dir=folder / "report",
    )
    return evolve(settings, **options)


def feed_in(
    folder: Path, *, invoices: Iterable[int], name: str = "feed.csv", description: str = "Objeto postado"
) -> Path:
    """A feed with one event for each of these invoices."""
    lines = [f"o{number},n{number},2026-03-02 08:15,{description}" for number in invoices]
    path = folder / name
    path.write_text("\n".join(["order_id,invoice_number,date,description", *lines]) + "\n", encoding="utf-8")
    return path


def push(feeds: Feeds, *, wire: Transport, settings: Settings) -> Run:
    """Make a run in virtual time."""
    return push_feed(feeds, settings=settings, transport=wire, wall_s=wall_s, chance=lambda: 0.5)


def names_in(folder: Path) -> list[str]:
    """What lies in this folder."""
    return sorted(path.name for path in folder.iterdir())


def results_in(folder: Path) -> list[dict[str, Any]]:
    """What the report says of each invoice, in its order."""
    text = (folder / "report" / "results.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]
