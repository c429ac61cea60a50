"""What every fault is held to: the keys are on the wire, and nowhere else."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from fault_support import CANARY


@pytest.fixture(autouse=True)
def keys_stay_on_the_wire(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No log line at DEBUG, no record's argument, and no byte of ledger or report shows a key, in whatever case."""
    caplog.set_level(logging.DEBUG)
    yield
    assert [] == [record for record in caplog.get_records("call") if _shows_a_key(str(record.__dict__))]
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [] == [path for path in files if _shows_a_key(path.read_bytes().decode("latin-1"))]


def _shows_a_key(text: str) -> bool:
    return CANARY.casefold() in text.casefold()
