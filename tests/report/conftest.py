"""What the report's tests share: one honest run, and any outcome or defect that could be."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import strategies as st

from vtex_tracking.model import (
    Counts,
    Defect,
    FeedInfo,
    Notice,
    Outcome,
    OutcomeKind,
    Percentiles,
    Reason,
    Summary,
    TopReason,
)

_TEXT: Final = st.text() | st.sampled_from(
    ["=1+1", "+1", "-5", "@x", "\ty", "\rz", "'=1", "''-1", 'a "b", c\r\nd', "São;\u2028\x00"]
)
_OURS: Final = {"_place", "_column", "_code", "_problem"}  # in a feed, they are of a mended file
_COUNT: Final = st.integers(min_value=0, max_value=2**63)


@pytest.fixture(scope="session")
def any_outcome() -> st.SearchStrategy[Outcome]:
    """Any outcome, with any text in every text."""
    return st.builds(
        Outcome,
        run_id=_TEXT,
        account=_TEXT,
        order_id=_TEXT,
        invoice_number=_TEXT,
        outcome=st.sampled_from(OutcomeKind),
        reason=st.sampled_from(Reason),
        http_status=st.none() | _COUNT,
        attempts=_COUNT,
        receipt=st.none() | _TEXT,
        receipt_date=st.none() | _TEXT,
        request_id=st.none() | _TEXT,
        is_delivered=st.booleans(),
        delivered_date=st.none() | _TEXT,
        events=_COUNT,
        first_place=_TEXT,
        started_at=st.none() | _TEXT,
        finished_at=st.none() | _TEXT,
        duration_ms=st.none() | _COUNT,
    )


@pytest.fixture(scope="session")
def any_tabular_defect() -> st.SearchStrategy[Defect]:
    """Any defect of a tabular feed with five columns or fewer, and with cells too few, just right or too many."""
    return st.builds(
        Defect,
        place=_TEXT,
        column=_TEXT,
        code=_TEXT,
        problem=_TEXT,
        columns=st.lists(_TEXT.filter(lambda name: name not in _OURS), min_size=1, max_size=5, unique=True).map(tuple),
        cells=st.lists(_TEXT, max_size=7).map(tuple),
    )


@pytest.fixture
def outcome() -> Outcome:
    return Outcome(
        run_id="20261123T031500Z-4f2a",
        account="mystore",
        order_id="1172452900788-01",
        invoice_number="000030711",
        outcome=OutcomeKind.SENT,
        reason=Reason.NONE,
        http_status=200,
        attempts=1,
        receipt="f67d33a8029c42ce9a8f07fc17f54449",
        receipt_date="2026-11-23T03:15:04.0521233+00:00",
        request_id="0b5e6d1f",
        is_delivered=True,
        delivered_date="2026-11-22 14:05",
        events=3,
        first_place="feed.csv:17",
        started_at="2026-11-23T03:15:03.912Z",
        finished_at="2026-11-23T03:15:04.101Z",
        duration_ms=189,
    )


@pytest.fixture
def defect() -> Defect:
    return Defect(
        place="feed.csv:17",
        column="Data",
        code="bad_date",
        problem='"31/02/2026" is not a date; expected dd/mm/yyyy',
        columns=("Pedido", "NF", "Data", "Status"),
        cells=("1172452900788-01", "000030711", "31/02/2026", "Em rota"),
    )


@pytest.fixture
def summary() -> Summary:
    """A run with something of everything."""
    return Summary(
        run_id="20261123T031500Z-4f2a",
        version="0.1.0",
        account="mystore",
        feeds=(FeedInfo(name="São.csv", format="csv", encoding="utf-8", size_bytes=10, sha256="00", records=10_070),),
        settings={"rate": "10/s"},
        started_at="2026-11-23T03:15:00Z",
        finished_at="2026-11-23T03:20:02Z",
        counts=Counts(
            records=10_070,
            events=10_000,
            duplicates=50,
            defects=20,
            invoices=3_000,
            sent=2_950,
            unchanged=30,
            rejected=12,
            failed=5,
            unknown=2,
            pending=1,
        ),
        requests=3_120,
        attempts_by_status={"200": 2_950, "404": 12},
        rate_asked=10.0,
        rate_reached=9.81,
        latency_ms=Percentiles(p50=120, p90=300, p99=410, max=1_000),
        top_reasons=(
            TopReason(
                outcome=OutcomeKind.REJECTED,
                reason=Reason.NOT_FOUND,
                count=12,
                order_id="1172452900788-01",
                invoice_number="000030711",
                first_place="feed.csv:17",
            ),
        ),
        top_defects={"bad_date": 20},
        warnings={"event_in_future": 1_234, "same_moment": 1},
        notices=(Notice(code="fallback_lines", message="3 lines were read as cp1252"),),
        stop_reason=Reason.NONE,
        exit_code=3,
    )
