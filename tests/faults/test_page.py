"""The page of faults names tests that exist, and every test of this room."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

TESTS: Final = Path(__file__).parents[1]
PAGE: Final = (TESTS.parent / "docs" / "faults.md").read_text(encoding="utf-8")
NAMED: Final = sorted(set(re.findall(r"`([\w/]+\.py)::(test_\w+)`", PAGE)))


@pytest.mark.parametrize(("file", "test"), NAMED, ids=str)
def test_a_test_that_the_page_names_exists(file: str, test: str) -> None:
    """A test that is renamed is renamed on the page as well."""
    assert re.search(rf"^(?:async )?def {test}\(", (TESTS / file).read_text(encoding="utf-8"), re.MULTILINE)


def test_every_fault_that_is_tested_is_on_the_page() -> None:
    """A new test in this room needs a row."""
    rooms = {
        (path.relative_to(TESTS).as_posix(), test)
        for path in TESTS.joinpath("faults").glob("test_*.py")
        if path != Path(__file__)
        for test in re.findall(r"^async def (test_\w+)\(", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert set() == rooms - set(NAMED)
