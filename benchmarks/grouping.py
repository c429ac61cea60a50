"""A feed's events grouped by invoice and sorted, as one does it in a data frame or in SQL.

The groups stay in the engine: no value is checked, no body is written, and nothing reaches a disk.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from feeds import COLUMNS

_EVENT: Final = ("date", "description", "city", "state")


def polars_reader() -> Callable[[Path], int]:
    """Group with polars, streaming; the function returns how many events the groups hold."""
    import polars as pl  # noqa: PLC0415 - whoever measures another does not load it

    def read(feed: Path) -> int:
        if feed.suffix == ".csv":
            frame = pl.scan_csv(feed, infer_schema=False)
        else:
            frame = pl.scan_ndjson(feed, schema=dict.fromkeys(COLUMNS, pl.String))
        events = pl.struct(*_EVENT).unique().sort().alias("events")
        grouped = frame.group_by("order_id", "invoice_number").agg(events).collect(engine="streaming")
        return int(grouped["events"].list.len().sum())

    return read


def duckdb_reader() -> Callable[[Path], int]:
    """Group with DuckDB into a table in memory; the function returns how many events the groups hold."""
    import duckdb  # noqa: PLC0415 - whoever measures another does not load it

    event = ", ".join(f"'{name}': {name}" for name in _EVENT)
    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in COLUMNS)

    def read(feed: Path) -> int:
        source = "read_csv" if feed.suffix == ".csv" else "read_json"
        duckdb.execute(
            f"CREATE TABLE grouped AS SELECT order_id, invoice_number, list_sort(list(DISTINCT {{{event}}})) AS events "
            f"FROM {source}($feed, columns = {{{columns}}}) GROUP BY ALL",
            {"feed": str(feed)},
        )
        found = duckdb.execute("SELECT sum(len(events)) FROM grouped").fetchone()
        return 0 if found is None else int(found[0])

    return read
