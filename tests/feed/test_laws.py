"""What holds for every feed: facts read back as they were written, and no bytes do more than stop it."""

from __future__ import annotations

import csv
import gzip
import io
import json
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Final

from attrs import frozen
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vtex_tracking.errors import FeedError
from vtex_tracking.model import Defect, TrackingEvent, clean_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from vtex_tracking.feed import FeedReader

IDS: Final = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9_-]{0,20}[A-Za-z0-9])?", fullmatch=True)
LATIN: Final = st.characters(codec="cp1252", exclude_categories=["Cc"], exclude_characters="#")
TEXTS: Final = st.text(LATIN | st.sampled_from(',;\t|"\n'), max_size=20).map(clean_text)
MOMENTS: Final = st.datetimes(datetime(2000, 1, 1), datetime(2026, 11, 22)).map(  # noqa: DTZ001
    lambda moment: moment.replace(second=0, microsecond=0)
)


@frozen
class Fact:
    """An event, before it is written in some way."""

    order_id: str
    invoice_number: str
    moment: datetime
    city: str
    state: str
    description: str
    is_delivered: bool

    def read(self) -> TrackingEvent:
        return TrackingEvent(
            order_id=self.order_id,
            invoice_number=self.invoice_number,
            date=self.moment,
            city=self.city,
            state=self.state,
            description=self.description,
            is_delivered=self.is_delivered,
        )


FACTS: Final = st.lists(
    st.builds(Fact, IDS, IDS, MOMENTS, TEXTS, TEXTS, TEXTS.filter(bool), st.booleans()), min_size=1, max_size=5
)


def _without_place(value: TrackingEvent | Defect) -> tuple[object, ...]:
    assert isinstance(value, TrackingEvent), value
    return value.key, value.date, value.city, value.state, value.description, value.is_delivered, value.delivered_date


@given(
    facts=FACTS,
    delimiter=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    form=st.sampled_from(["%d/%m/%Y %H:%M", "%d.%m.%Y %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S"]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    is_packed=st.booleans(),
)
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_facts_read_back_from_any_csv(
    feed: Callable[..., FeedReader],
    *,
    facts: list[Fact],
    delimiter: str,
    encoding: str,
    quoting: int,
    form: str,
    end: str,
    is_packed: bool,
) -> None:
    """Whatever the delimiter, encoding, quoting, ends of lines and form of the dates."""
    if end == "\r":
        quoting = csv.QUOTE_ALL  # otherwise the csv module writes a cell's LF without quotes there
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator=end)  # type: ignore[arg-type]
    writer.writerow(["Pedido", "Nota Fiscal", "Data", "Cidade", "UF", "Descrição", "Entregue"])
    for fact in facts:
        said = "sim" if fact.is_delivered else "não"
        moment = fact.moment.strftime(form)
        writer.writerow([fact.order_id, fact.invoice_number, moment, fact.city, fact.state, fact.description, said])
    # Line by line UTF-8 or cp1252: a text of cp1252 that happens to be UTF-8 as well would be read as that.
    data = text.getvalue().encode(encoding)
    named = "cp1252" if encoding == "cp1252" else "auto"
    reader = feed(gzip.compress(data) if is_packed else data, encoding=named)
    assert [_without_place(fact.read()) for fact in facts] == [_without_place(value) for value in reader]


@given(facts=FACTS, is_ascii=st.booleans(), is_camel=st.booleans())
@settings(deadline=None)
def test_facts_read_back_from_any_json_lines(
    feed: Callable[..., FeedReader], *, facts: list[Fact], is_ascii: bool, is_camel: bool
) -> None:
    """Whatever the case of the keys, and with escapes or without."""
    ids = ("orderId", "invoiceNumber", "isDelivered") if is_camel else ("order_id", "invoice_number", "is_delivered")
    lines = [
        json.dumps(
            {
                ids[0]: fact.order_id,
                ids[1]: fact.invoice_number,
                ids[2]: fact.is_delivered,
                "date": fact.moment.isoformat(),
                "city": fact.city,
                "state": fact.state,
                "description": fact.description,
            },
            ensure_ascii=is_ascii,
        )
        for fact in facts
    ]
    reader = feed("\n".join(lines))
    assert [_without_place(fact.read()) for fact in facts] == [_without_place(value) for value in reader]


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
        assert len(values) == reader.info.records
    for value in values:
        assert repr(value).encode()
        if isinstance(value, Defect):
            assert str(value).isprintable()
            assert (value.cells and value.columns) or value.text
