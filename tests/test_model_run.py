"""The accounts of a run."""

from __future__ import annotations

import pytest
from attrs import evolve

from vtex_tracking.model import Counts

WHOLE = Counts(
    records=10,
    events=5,
    duplicates=3,
    defects=2,
    invoices=21,
    sent=1,
    unchanged=2,
    rejected=3,
    failed=4,
    unknown=5,
    pending=6,
)


def test_accounts_that_add_up_have_no_fault() -> None:
    """Records are events, duplicates and defects; invoices are their outcomes."""
    assert () == WHOLE.faults()
    assert () == Counts().faults()


@pytest.mark.parametrize("name", ["records", "events", "duplicates", "defects"])
def test_a_record_too_many_is_a_fault(name: str) -> None:
    """Each number of the first sum counts."""
    (fault,) = evolve(WHOLE, **{name: 99}).faults()
    assert "records, but" in fault


@pytest.mark.parametrize("name", ["invoices", "sent", "unchanged", "rejected", "failed", "unknown", "pending"])
def test_an_invoice_too_many_is_a_fault(name: str) -> None:
    """Each number of the second sum counts."""
    (fault,) = evolve(WHOLE, **{name: 99}).faults()
    assert "invoices, but" in fault


def test_both_sums_can_fail() -> None:
    """Every fault is told."""
    assert (
        "9 records, but 10 events, duplicates and defects",
        "20 invoices, but 21 outcomes",
    ) == evolve(WHOLE, records=9, invoices=20).faults()
