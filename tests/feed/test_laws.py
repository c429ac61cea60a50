"""What holds for every feed: no bytes do more than stop it. That facts come back is in `property/test_any_feed.py`."""

from __future__ import annotations

import gzip
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vtex_tracking.errors import FeedError
from vtex_tracking.model import Defect, TrackingEvent

pytestmark = pytest.mark.unmeasured

if TYPE_CHECKING:
    from collections.abc import Callable

    from vtex_tracking.feed import FeedReader

HOSTILE: Final = st.lists(
    st.binary(max_size=30)
    | st.sampled_from([b"\n", b"\r", b";", b",", b'"', b"1-01", b"0001", b"05/03/2026", b"sim", b"\xe3", b"\0", b"{}"])
    | st.sampled_from(
        [b'{"orderId": "1", "invoiceNumber": "2", "events": [', b'{"date": "2026-03-05"}', b"]}", b"1e9"]
    ),
    max_size=30,
).map(b"".join)
STARTS: Final = st.sampled_from(
    [
        b"",
        b"Pedido;NF;Data;Status;Entregue\n",
        b"order_id,invoice_number,delivered_date\n",
        b'{"orderId": "1"}\n',
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"\x1f\x8b\x08\x00",
    ]
)


@given(start=STARTS, data=HOSTILE, is_packed=st.booleans(), is_truncating=st.booleans())
@settings(max_examples=300, deadline=None)
def test_no_bytes_do_more_than_stop_a_feed(
    feed: Callable[..., FeedReader], *, start: bytes, data: bytes, is_packed: bool, is_truncating: bool
) -> None:
    """Every record is a value that can be written anywhere, and is counted; or the feed cannot be read."""
    whole = start + data
    reader = feed(gzip.compress(whole) if is_packed else whole, is_truncating=is_truncating, line_bytes_max=200)
    values: list[TrackingEvent | Defect] = []
    with suppress(FeedError):
        values.extend(reader)
        assert len(values) == reader.infos[0].records
    for value in values:
        assert repr(value).encode()
        if isinstance(value, Defect):
            assert str(value).isprintable()
            assert (value.cells and value.columns) or value.text
