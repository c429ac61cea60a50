"""What the ledger's tests share: one that is private, and a place for one on the disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from vtex_tracking.ledger.sqlite.connection import LedgerFile


@pytest.fixture
def ledger() -> Iterator[LedgerFile]:
    with LedgerFile(None) as ledger:
        yield ledger


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"
