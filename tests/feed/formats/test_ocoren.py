"""OCOREN 3.1 and 5.0: lines of fixed width, in whatever state they come."""

from __future__ import annotations

import re
from datetime import date, time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from attrs import evolve
from feed_support import entries_of
from feed_writers import OcorenFact, OcorenFile, write_ocoren
from hypothesis import given, settings
from hypothesis import strategies as st

from vtex_tracking.errors import FeedError
from vtex_tracking.feed.formats.ocoren import is_ocoren, read_ocoren
from vtex_tracking.feed.formats.ocoren_codes import CODES
from vtex_tracking.feed.mapping import read_mapping
from vtex_tracking.model import Defect, TrackingEvent
from vtex_tracking.settings import Code, FeedMapping

if TYPE_CHECKING:
    from collections.abc import Callable

    from vtex_tracking.feed import FeedReader
    from vtex_tracking.feed.entries import Entry

PAGE: Final = Path(__file__).parents[3] / "docs" / "feeds.md"
MAPPING: Final = FeedMapping(constants={"order_id": "1-01"})
HEAD_31: Final = "000TRANSPORTES\n340OCORR\n34112345678000195TRANSPORTES SERRA AZUL LTDA\n"
HEAD_50: Final = "000TRANSPORTES\n540OCORR\n54198765432000198RÁPIDO DO VALE S.A.\n"
EVENT_31: Final = "342112223330001811  006437970105032026081503"
EVENT_50: Final = "542112223330001811  00064379700105032026081503"


def _values(entry: Entry) -> dict[str, object]:
    return dict(zip(entry.shape.columns.names, entry.values, strict=True))


def _read(data: str | bytes) -> list[dict[str, object]]:
    return [_values(entry) for entry in entries_of(read_ocoren, data).found]


def _texts(data: str | bytes) -> list[object]:
    return [values["text"] for values in _read(data)]


def test_an_event_of_31_has_all_its_values() -> None:
    """Where each stands, and that only their spaces are taken away."""
    expected = {
        "issuer": "11222333000181",
        "invoice_series": "1",
        "invoice_number": "00643797",
        "event_code": "01",
        "date": "2026-03-05",
        "time": "08:15",
        "remark": "03",
        "text": "ENTREGUE NA PORTARIA",
        "carrier": "TRANSPORTES SERRA AZUL LTDA",
        "carrier_cnpj": "12345678000195",
    }
    assert [expected] == _read(HEAD_31 + EVENT_31 + "ENTREGUE NA PORTARIA".ljust(70) + "FILLER\n")


def test_an_event_of_50_has_all_its_values() -> None:
    """With a longer number and code, and its text in the record below it."""
    expected = {
        "issuer": "11222333000181",
        "invoice_series": "1",
        "invoice_number": "000643797",
        "event_code": "01",
        "date": "2026-03-05",
        "time": "08:15",
        "remark": "03",
        "text": "ENTREGUE NA PORTARIA DO PRÉDIO",
        "carrier": "RÁPIDO DO VALE S.A.",
        "carrier_cnpj": "98765432000198",
    }
    texts = "543" + "ENTREGUE NA".ljust(70) + "PORTARIA".ljust(70) + "DO PRÉDIO".ljust(70) + "FILLER\n"
    assert [expected] == _read(f"{HEAD_50}{EVENT_50.ljust(250)}\n{texts}5490001\n")


def test_files_of_both_versions_and_several_carriers_may_stand_in_one_stream() -> None:
    """Each event has the carrier of its own file, and none where that is not told."""
    feed = HEAD_31 + EVENT_31 + "\n" + HEAD_50 + EVENT_50 + "\n000X\n" + EVENT_31 + "\n"
    assert ["TRANSPORTES SERRA AZUL LTDA", "RÁPIDO DO VALE S.A.", ""] == [values["carrier"] for values in _read(feed)]
    assert ["00643797", "000643797", "00643797"] == [values["invoice_number"] for values in _read(feed)]


def test_what_stands_between_joined_files_is_nothing() -> None:
    """DOS ends a file with a sign of its own, Windows begins one with a byte order mark."""
    feed = f"{HEAD_31}{EVENT_31}\r\n\x1a\ufeff{HEAD_50}{EVENT_50}\r\n\x1a"
    entries = entries_of(read_ocoren, feed)
    assert [None, None] == [entry.problem for entry in entries.found]
    assert ("RÁPIDO DO VALE S.A.", 1) == (_values(entries.found[1])["carrier"], entries.tally.blank_lines)


@pytest.mark.parametrize("end", [30, 31, 37])
def test_an_event_that_ends_before_its_date_is_a_defect(feed: Callable[..., FeedReader], end: int) -> None:
    """What a broken transfer leaves is never guessed, not even when it looks like a date."""
    [found] = feed(HEAD_31 + EVENT_31[:end] + "\n", mapping=MAPPING)
    assert isinstance(found, Defect)
    assert ("short_record", EVENT_31[:end]) == (found.code, found.text)
    assert f"ends after {end} characters; its invoice, code and date need 38" == found.problem


def test_an_event_may_end_with_its_date(feed: Callable[..., FeedReader]) -> None:
    """Short lines are as good as padded ones, and a blank time is no time."""
    short, padded = feed(f"{HEAD_31}{EVENT_31[:38]}\n{EVENT_31[:38].ljust(120)}\n", mapping=MAPPING)
    assert isinstance(short, TrackingEvent)
    assert ("2026-03-05", evolve(short, place="")) == (short.date, evolve(padded, place=""))


@pytest.mark.parametrize(
    ("stands", "said"),
    [
        ("31022026", '"2026-02-31"'),
        ("5032026 ", '"5032026"'),
        ("05/03/26", '"05/03/26"'),
        ("20260305", '"0305-26-20"'),
        ("        ", "is empty"),
    ],
)
def test_a_date_that_is_none_is_a_defect(feed: Callable[..., FeedReader], stands: str, said: str) -> None:
    """Year first is never taken for day first."""
    [found] = feed(HEAD_31 + EVENT_31[:30] + stands + EVENT_31[38:] + "\n", mapping=MAPPING)
    assert isinstance(found, Defect)
    assert said in found.problem


@pytest.mark.parametrize("stands", ["2400", "0860", "815 ", "08:1"])
def test_a_time_that_is_none_is_a_defect(feed: Callable[..., FeedReader], stands: str) -> None:
    """It is not left out in silence."""
    [found] = feed(HEAD_31 + EVENT_31[:38] + stands + "\n", mapping=MAPPING)
    assert isinstance(found, Defect)
    assert ("bad_date", "time") == (found.code, found.column)


@pytest.mark.parametrize(
    ("stands", "code"), [("000", "00"), ("001", "01"), ("025", "25"), ("100", "100"), ("1  ", "01"), ("A1 ", "A1")]
)
def test_a_code_is_as_in_the_published_table(stands: str, code: str) -> None:
    """In 3.1 it has two digits, in 5.0 three, and a mapping names it once."""
    assert [code] == [values["event_code"] for values in _read(HEAD_50 + EVENT_50[:29] + stands + EVENT_50[32:])]


@pytest.mark.parametrize(
    ("code", "is_delivered", "is_returned"),
    [
        ("00", False, False),
        ("01", True, False),
        ("02", True, False),
        ("07", False, False),
        ("24", True, False),
        ("25", False, True),
        ("31", True, False),
        ("99", False, False),
    ],
)
def test_a_code_says_what_its_event_is(
    feed: Callable[..., FeedReader], *, code: str, is_delivered: bool, is_returned: bool
) -> None:
    """A return is never a delivery."""
    [found] = feed(HEAD_31 + EVENT_31[:28] + code + EVENT_31[30:] + "\n", mapping=MAPPING)
    assert isinstance(found, TrackingEvent)
    assert (CODES[code].text, is_delivered, is_returned) == (found.description, found.is_delivered, found.is_returned)


def test_the_table_has_the_whole_published_list() -> None:
    """Delivered are four of them, and each has a text of its own that a shopper can read."""
    assert [f"{code:02}" for code in range(106)] == list(CODES)
    assert ["01", "02", "24", "31"] == [code for code, meaning in CODES.items() if meaning.is_delivered]
    assert ["25", "100", "101", "102", "103"] == [code for code, meaning in CODES.items() if meaning.is_returned]
    assert len(CODES) == len({meaning.text for meaning in CODES.values()})
    assert all(meaning.text and meaning.text[0].isupper() for meaning in CODES.values())


def test_a_code_in_no_table_is_a_defect_until_it_is_mapped(feed: Callable[..., FeedReader]) -> None:
    """Above the published ones every carrier has its own."""
    data = HEAD_50 + EVENT_50[:29] + "203" + EVENT_50[32:] + "\n"
    mapped = FeedMapping(constants={"order_id": "1-01"}, codes={"203": Code(text="Saiu para entrega")})
    [unknown], [known] = feed(data, mapping=MAPPING), feed(data, mapping=mapped)
    assert isinstance(unknown, Defect)
    assert isinstance(known, TrackingEvent)
    assert ("unknown_code", "Saiu para entrega") == (unknown.code, known.description)


def test_the_free_text_is_not_the_description_unless_it_is_mapped(feed: Callable[..., FeedReader]) -> None:
    """It may name who received the parcel, which is for no shopper to read."""
    data = f"{HEAD_31}{EVENT_31}RECEBIDO POR ANA LIMA\n"
    mapped = FeedMapping(constants={"order_id": "1-01"}, templates={"description": "{carrier}: {text}"})
    [plain], [chosen] = feed(data, mapping=MAPPING), feed(data, mapping=mapped)
    assert isinstance(plain, TrackingEvent)
    assert isinstance(chosen, TrackingEvent)
    assert "Entrega realizada normalmente" == plain.description
    assert "TRANSPORTES SERRA AZUL LTDA: RECEBIDO POR ANA LIMA" == chosen.description


def test_a_carrier_has_its_whole_name() -> None:
    """In 5.0 it is ten characters longer."""
    names = [f"{text * 10:X<60}" for text in ("NOME", "RAZÃO")]
    feed = f"341{'1' * 14}{names[0]}\n{EVENT_31}\n541{'1' * 14}{names[1]}\n{EVENT_50}\n"
    assert [names[0][:40], names[1][:50]] == [values["carrier"] for values in _read(feed)]


def test_texts_belong_to_the_event_above_them() -> None:
    """Other records of that event may stand between; those of a carrier or a broken line end it."""
    feed = f"{HEAD_50}{EVENT_50}\n544000001\n543UM\n543DOIS\n{EVENT_50}\n54198765432000198OUTRA\n543DE NINGUÉM\n"
    assert ["UM DOIS", ""] == _texts(feed)
    [event, broken] = entries_of(read_ocoren, f"{HEAD_50}{EVENT_50}\nxxx\n543TEXTO\n").found
    assert ("", ()) == (_values(event)["text"], broken.values)


def test_texts_without_end_are_cut() -> None:
    """Nothing grows with the feed."""
    feed = HEAD_50 + EVENT_50 + "\n" + "543PALAVRA\n" * 50
    [entry] = entries_of(read_ocoren, feed, field_characters_max=20).found
    assert "PALAVRA PALAVRA PALA" == _values(entry)["text"]


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
def test_a_line_is_text_before_it_is_cut(encoding: str) -> None:
    """A letter of two bytes is one place wide, in whatever encoding the line is."""
    feed = f"{HEAD_50}{EVENT_31}SÃO JOSÉ\n{EVENT_50}\n543ÉÉÉ\n"
    assert ["SÃO JOSÉ", "ÉÉÉ"] == _texts(feed.encode(encoding))
    assert ["RÁPIDO DO VALE S.A."] * 2 == [values["carrier"] for values in _read(feed.encode(encoding))]


def test_records_of_other_types_are_left_out_with_one_warning() -> None:
    """OCOREN may grow; those that are known and not needed need no word."""
    feed = f"{HEAD_50}346A\n346B\n{EVENT_50}\n543T\n544\n545\n343\n340\n5490001\n"
    entries = entries_of(read_ocoren, feed)
    assert 1 == len(entries.found)
    assert ['feed: nothing is read from records of type "346", which OCOREN has not'] == list(entries.tally.warnings)


@pytest.mark.parametrize("line", ["CONTINUA NA LINHA SEGUINTE", " " + EVENT_31, "34", "34Z", "x" * 200, "٣٤٢"])
def test_a_line_that_is_no_record_is_a_defect(feed: Callable[..., FeedReader], line: str) -> None:
    """An event may be hidden in it."""
    event, defect = feed(f"{HEAD_31}{EVENT_31}\n{line}\n", mapping=MAPPING)
    assert isinstance(event, TrackingEvent)
    assert isinstance(defect, Defect)
    assert ("not_a_record", line, "5") == (defect.code, defect.text, defect.place.rpartition(":")[2])


def test_a_line_that_cannot_be_read_is_a_defect_in_its_place(feed: Callable[..., FeedReader]) -> None:
    """The event above it comes first, and a carrier that cannot be read is not the one before."""
    data = HEAD_31.encode() + f"{EVENT_31}\n34112345678000195AZUL\0\n{EVENT_31}\n".encode()
    mapping = evolve(MAPPING, templates={"description": "{event_code} {carrier}"})
    first, defect, second = feed(data, mapping=mapping)
    assert isinstance(first, TrackingEvent)
    assert isinstance(defect, Defect)
    assert isinstance(second, TrackingEvent)
    assert ("01 TRANSPORTES SERRA AZUL LTDA", "control_char", "01") == (
        first.description,
        defect.code,
        second.description,
    )


def test_an_order_of_places_holds_with_texts_behind(feed: Callable[..., FeedReader]) -> None:
    """An event waits for its text, and is still told before what comes after, even a text that cannot be read."""
    values = feed(f"{HEAD_50}{EVENT_50}\n543T\n542\n543T\n{EVENT_50}\n543\0\n", mapping=MAPPING)
    assert ["4", "6", "8", "9"] == [value.place.rpartition(":")[2] for value in values]


@pytest.mark.parametrize(
    ("lines", "is_known"),
    [
        (("000X", "340OCORR", "341"), True),
        (("000X", "540OCORR"), True),
        (("340OCORR", "34112345678000195"), True),
        ((EVENT_31,), True),
        ((EVENT_50, "543T"), True),
        (("000X",), False),  # any file of PROCEDA's
        (("000X", "310NOTFIS", "311"), False),
        (("342 entregas em março", "Pedido;NF;Data"), False),
        (("Pedido;NF;Data", "1;2;3"), False),
        (("",), False),
        (('{"a":1}',), False),
    ],
)
def test_it_is_known_by_its_first_records(*, lines: tuple[str, ...], is_known: bool) -> None:
    """Neither a title that begins with a number nor another file of PROCEDA's is taken for it."""
    assert is_known == is_ocoren(lines)


def test_it_is_found_without_being_named(feed: Callable[..., FeedReader]) -> None:
    """With headers and without."""
    for data in (HEAD_31 + EVENT_31, EVENT_50 + "\n543T"):
        reader = feed(data, mapping=MAPPING)
        list(reader)
        assert ["ocoren"] == [info.format for info in reader.infos]


def test_what_is_no_ocoren_at_all_stops_the_run(feed: Callable[..., FeedReader]) -> None:
    """Named by mistake, it would be a defect a line."""
    with pytest.raises(FeedError, match="does not begin as OCOREN does"):
        list(feed("Pedido;NF\n1;2\n", format="ocoren"))


def test_nothing_of_it_counts_as_unused(feed: Callable[..., FeedReader]) -> None:
    """What the layout has is no surprise, so --strict does not stop at it."""
    reader = feed(HEAD_31 + EVENT_31, mapping=MAPPING)
    list(reader)
    assert [()] == [info.unused_columns for info in reader.infos]


def test_the_page_shows_what_is_so() -> None:
    """Its sample reads, its columns are those of the reader, and its mapping is one."""
    section = PAGE.read_text(encoding="utf-8").partition("\n## OCOREN\n")[2].partition("\n## ")[0]
    sample, mapping = re.findall(r"^```[a-z]*\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    assert ["00", "01"] == [values["event_code"] for values in _read(sample)]
    settings = read_mapping(mapping, name="page")
    assert {"203", "105", "67"} == set(settings.mapping.codes)
    assert (
        list(_read(sample)[0]) == re.findall(r"^\| `(\w+)` \|.*\|.*\|", section, re.MULTILINE)[: len(_read(sample)[0])]
    )
    assert f"Above {list(CODES)[-1]} each carrier has codes of its own." in section


WORDS: Final = st.text("ABZ09ãÉç.", min_size=1, max_size=12)
TEXT: Final = st.lists(WORDS, max_size=5).map(" ".join)
DIGITS: Final = st.integers(0, 10**14 - 1).map("{:014}".format)
FACTS: Final = st.builds(
    OcorenFact,
    issuer=DIGITS,
    series=st.sampled_from(["", "1", "001", "U"]),
    invoice_number=st.integers(1, 10**8 - 1).map("{:08}".format),
    code=st.integers(0, 99),
    date=st.dates(date(2000, 1, 1), date(2026, 11, 22)),
    time=st.none() | st.times().map(lambda moment: time(moment.hour, moment.minute)),
    remark=st.sampled_from(["", "02", "03"]),
    text=TEXT,
)
FILES: Final = st.builds(
    OcorenFile, is_50=st.booleans(), carrier=WORDS, carrier_cnpj=DIGITS, facts=st.lists(FACTS, max_size=4)
)


@settings(max_examples=30, deadline=None)
@given(
    files=st.lists(FILES, min_size=1, max_size=3),
    is_padded=st.booleans(),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "cp1252"]),
)
def test_facts_written_as_ocoren_are_read_back(
    *, files: list[OcorenFile], is_padded: bool, end: str, encoding: str
) -> None:
    """Whatever the version, the width, the ends of lines and the encoding."""
    lines = [line for file in files for line in write_ocoren(file, is_padded=is_padded)]
    expected = [
        {
            "issuer": fact.issuer,
            "invoice_series": fact.series,
            "invoice_number": fact.invoice_number.rjust(9 if file.is_50 else 8, "0"),
            "event_code": f"{fact.code:02}",
            "date": fact.date.isoformat(),
            "time": "" if fact.time is None else f"{fact.time:%H:%M}",
            "remark": fact.remark,
            "text": fact.text,
            "carrier": file.carrier,
            "carrier_cnpj": file.carrier_cnpj,
        }
        for file in files
        for fact in file.facts
    ]
    assert expected == _read(end.join(lines).encode(encoding))


@pytest.mark.parametrize(
    ("code", "remark", "expected"),
    [
        ("01", "01", "delivered_contradiction"),
        ("31", "01", "delivered_contradiction"),
        ("01", "03", ""),
        ("01", "", ""),
        ("03", "01", ""),
    ],
)
def test_what_was_refused_in_whole_is_no_delivery(
    feed: Callable[..., FeedReader], code: str, remark: str, expected: str
) -> None:
    """It could not be taken back; the carrier must say which of the two holds."""
    event = f"342{'1' * 14}1  00643797{code}050320260815{remark}"
    [value] = feed(f"{HEAD_31}{event}\n", mapping=MAPPING)
    assert expected == (value.code if isinstance(value, Defect) else "")
