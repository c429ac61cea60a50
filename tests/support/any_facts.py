"""Any facts that a feed may tell, and any way to lay out a table of them: strategies of hypothesis."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen
from fact_writers import DateForm, Fact, Table
from feed_writers import OcorenFact, ParcelEvent, VolumeEvent
from hypothesis import strategies as st

from vtex_tracking.feed.columns import Field
from vtex_tracking.model import clean_text

if TYPE_CHECKING:
    from collections.abc import Sequence

IDS: Final = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9_-]{0,20}[A-Za-z0-9])?", fullmatch=True)
LATIN: Final = st.characters(codec="cp1252", exclude_categories=["Cc"], exclude_characters="#")
ANY: Final = st.characters(exclude_categories=["Cc", "Cs", "Cn"], exclude_characters="#")
WORDS: Final = st.sampled_from(
    ["São João d'El-Rei", "Centro/Sul - km 3", "Entregue à “vizinha”; volte, por favor", 'a "b"\n\tc|d', "Total"]
)
LATIN_TEXTS: Final = WORDS | st.text(LATIN | st.sampled_from(',;\t|"\n'), max_size=12).map(clean_text)
TEXTS: Final = LATIN_TEXTS | st.text(ANY | st.sampled_from(',;\t|"\n😀'), max_size=12).map(clean_text)
LINES: Final = st.text(
    st.characters(codec="cp1252", exclude_categories=["C", "Z"], exclude_characters="#"), max_size=12
)
STATES: Final = st.sampled_from(["PR", "São Paulo", ""])
SECONDS: Final = st.sampled_from([7, 0])
TIMES: Final = st.builds(
    lambda moment, second: moment.replace(second=second, microsecond=0),
    st.datetimes(datetime(2000, 1, 1), datetime(2026, 11, 22)),  # noqa: DTZ001 - as carriers write it
    SECONDS,
)
MINUTES: Final = TIMES.map(lambda moment: moment.replace(second=0))
DAYS: Final = st.dates(date(2000, 1, 1), date(2026, 11, 22))
MOMENTS: Final = TIMES | DAYS
ZONED: Final = st.builds(
    lambda moment, zone: moment.replace(tzinfo=zone),
    TIMES,
    st.sampled_from([UTC, timezone(timedelta(hours=-3)), None]),
)
ZONED_MOMENTS: Final = ZONED | DAYS


@st.composite
def facts(draw: st.DrawFn, *, texts: st.SearchStrategy[str], moments: st.SearchStrategy[Any] = MOMENTS) -> list[Fact]:
    """Events of a few invoices, some of which say "delivered", and deliveries without an event."""
    invoices = draw(st.lists(st.tuples(IDS, IDS), min_size=1, max_size=2))
    found = []
    for _ in range(draw(st.integers(1, 4))):
        order_id, invoice_number = draw(st.sampled_from(invoices))
        has_event, is_delivered = draw(st.sampled_from([(True, False), (True, True), (True, False), (False, True)]))
        needs_date = is_delivered and not has_event
        fact = Fact(
            order_id=order_id,
            invoice_number=invoice_number,
            moment=draw(moments) if has_event else None,
            description=draw(texts.filter(bool)) if has_event else "",
            city=draw(texts) if has_event else "",
            state=draw(STATES) if has_event else "",
            is_delivered=is_delivered,
            delivered=draw(moments if needs_date else st.none() | moments) if is_delivered else None,
        )
        found.append(fact)
    return found


HEADERS: Final[dict[str, tuple[str, ...]]] = {
    Field.ORDER_ID: ("order_id", "orderId", "Pedido", "Nº Pedido", " NÚMERO DO PEDIDO "),
    Field.INVOICE_NUMBER: ("invoice_number", "Nota Fiscal", "NF", "Nº NF-e"),
    Field.DATE: ("date", "Data da Ocorrência", "DATA OCORRENCIA"),
    Field.TIME: ("event_time", "Hora da Ocorrência"),
    Field.CITY: ("city", "Cidade", "Município"),
    Field.STATE: ("state", "UF"),
    Field.CITY_STATE: ("Cidade/UF", "Município / UF"),
    Field.DESCRIPTION: ("description", "Descrição", "Ocorrência", "Status"),
    Field.IS_DELIVERED: ("is_delivered", "Entregue"),
    Field.DELIVERED_DATE: ("deliveredDate", "Data de Entrega", "Entregue em"),
    Field.DELIVERED_TIME: ("delivered_time", "Hora da Entrega"),
    "cost": ("Valor do frete",),
}
SAYS: Final = [{True: "sim", False: "não"}, {True: "TRUE", False: ""}, {True: "1", False: "0"}, {True: "s", False: "N"}]
TEXT_DATES: Final = [
    DateForm(between="T"),
    DateForm(),
    DateForm(day="%d/%m/%Y"),
    DateForm(day="%d.%m.%Y", between="  "),
    DateForm(day="%m/%d/%Y", is_named=True),
    DateForm(day="%d%m%y", between="-", is_named=True),
]
REAL_DATES: Final = [DateForm(is_real=True), *TEXT_DATES[2:4]]  # of a workbook


@st.composite
def tables(draw: st.DrawFn, *, dates: list[DateForm], says: list[dict[bool, Any]]) -> Table:
    """Any table that holds all that facts say, with its columns in any order."""
    fields = {*HEADERS}
    fields -= draw(st.sampled_from([{Field.CITY_STATE}, {Field.CITY, Field.STATE}]))
    fields -= draw(st.sampled_from([set(), {Field.TIME, Field.DELIVERED_TIME}]))
    fields -= draw(st.sampled_from([set(), {"cost"}]))
    return Table(
        names={field: draw(st.sampled_from(HEADERS[field])) for field in draw(st.permutations(sorted(fields)))},
        dates=draw(st.sampled_from(dates)),
        says=draw(st.sampled_from(says)),
        titles=draw(st.sampled_from([(), ("Relatório de ocorrências",), ("Transportadora S/A", "", "Março")])),
        total=draw(st.sampled_from(["", "Total: 4 registros"])),
    )


@frozen(kw_only=True)
class Listed:
    """A row of the map of invoices: what finds the invoice, and what the map has of it."""

    order_id: str
    invoice_number: str
    series: str = "1"
    issuer: str = "11222333000181"
    tracking_number: str
    city: str = ""
    state: str = ""


# Two have the same number and another series; two the same number, by value, and another issuer.
LISTED: Final = (
    Listed(order_id="1-01", invoice_number="643797", tracking_number="QB481203378BR", city="Curitiba", state="PR"),
    Listed(order_id="1-02", invoice_number="643797", series="2", tracking_number="QB481203381BR", city="Natal"),
    Listed(order_id="v5lspt-01", invoice_number="000643798", tracking_number="QB481203395BR", state="SP"),
    Listed(order_id="1-03", invoice_number="643798", issuer="98765432000198", tracking_number="QC714022155BR"),
    Listed(order_id="1-04", invoice_number="1", series="0", tracking_number="QC714022169BR"),
)


@frozen
class Occurrence:
    """An event of an invoice in the map, told by a code."""

    invoice: Listed
    code: str
    moment: date | datetime
    text: str

    def written(self) -> OcorenFact:
        return OcorenFact(
            issuer=self.invoice.issuer,
            series=self.invoice.series,
            invoice_number=self.invoice.invoice_number.lstrip("0"),
            code=int(self.code),
            date=self.moment,
            time=self.moment.time() if isinstance(self.moment, datetime) else None,
            remark="",
            text=self.text,
        )


def occurrences(codes: Sequence[str]) -> st.SearchStrategy[Occurrence]:
    """Any event with one of these codes, at a minute, or on a day."""
    return st.builds(Occurrence, st.sampled_from(LISTED), st.sampled_from(codes), MINUTES | DAYS, LINES)


PARCEL_EVENTS: Final = st.builds(
    ParcelEvent,
    kind=st.sampled_from(["BDE", "BDR", "PO", "LDI"]),
    number=st.integers(0, 30),
    moment=MINUTES,
    description=LINES.filter(bool),
    city=LINES,
    state=st.sampled_from(["SP", "PE"]),
)


def volume_events(codes: Sequence[str]) -> st.SearchStrategy[VolumeEvent]:
    """Any event of a volume with one of these states."""
    return st.builds(
        VolumeEvent,
        order_id=IDS,
        invoice_number=IDS,
        volume=st.integers(1, 3),
        code=st.sampled_from(codes),
        moment=ZONED,
        description=TEXTS.filter(bool),
        city=TEXTS,
        state=STATES,
    )
