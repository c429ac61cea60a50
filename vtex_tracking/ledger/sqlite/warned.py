"""The warnings of a run: each code's number, and those that are listed."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Final

from attrs import asdict

from vtex_tracking.model import FeedWarning

_LIST: Final = """
INSERT INTO warnings
SELECT :run_no, (SELECT coalesce(max(number), 0) + 1 FROM warnings WHERE run_no = :run_no), :code, :document
"""
_COUNT: Final = """
INSERT INTO warning_counts VALUES (?, ?, ?) ON CONFLICT (run_no, code) DO UPDATE SET count = count + excluded.count
"""


def keep_warnings(
    sql: sqlite3.Connection, *, run_no: int, listed: Iterable[FeedWarning], counts: Mapping[str, int]
) -> None:
    """Remember these beside those that are kept already, in this order; `counts` may be of more than are listed."""
    documents = ({"run_no": run_no, "code": one.code, "document": json.dumps(asdict(one))} for one in listed)
    sql.executemany(_LIST, documents)
    sql.executemany(_COUNT, ((run_no, code, count) for code, count in counts.items()))


def warning_counts(sql: sqlite3.Connection, *, run_no: int) -> dict[str, int]:
    """How often each code came, the most frequent first, listed or not."""
    return dict(sql.execute("SELECT code, count FROM warning_counts WHERE run_no = ? ORDER BY 2 DESC, 1", (run_no,)))
