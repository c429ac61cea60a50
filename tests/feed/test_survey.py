"""A survey shows how a feed is understood, and a mapping made of it has the feed read just so."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from vtex_tracking.errors import FeedError
from vtex_tracking.feed import FeedReader, read_mapping
from vtex_tracking.feed.mapping_file import mapping_file
from vtex_tracking.feed.survey import Survey, survey
from vtex_tracking.settings import Code, FeedMapping, FeedSettings

if TYPE_CHECKING:
    from datetime import datetime

SAMPLES: Final = Path(__file__).parents[2] / "samples"


def _survey(path: Path, now: datetime, settings: FeedSettings | None = None) -> Survey:
    [found] = survey(str(path), settings=settings or FeedSettings(), now=now)
    return found


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "feed.csv"


def test_each_column_is_shown_with_its_field_and_a_few_values(path: Path, now: datetime) -> None:
    """Different ones, so that more is seen; an empty one shows nothing."""
    rows = "".join(f"{number}-01;0001;0{1 + number % 5}/03/2026;Saiu;Zé;01\n" for number in range(9))
    path.write_text(f"Pedido;NF;Data;Status;Motorista;Cód. Ocorrência\n{rows};;;;;\n9;9;x;y;z;w\n")
    found = _survey(path, now)
    assert [
        ("Pedido", "order_id", ("0-01", "1-01", "2-01")),
        ("NF", "invoice_number", ("0001", "9")),
        ("Data", "date", ("01/03/2026", "02/03/2026", "03/03/2026")),
        ("Status", "description", ("Saiu", "y")),
        ("Motorista", "", ("Zé", "z")),
        ("Cód. Ocorrência", "event_code", ("01", "w")),
    ] == [(column.name, column.field, column.samples) for column in found.columns]
    assert (("99/99/9999", "x"), ("01", "w"), True, True) == (
        found.dates,
        found.codes,
        found.is_table,
        found.is_whole,
    )
    assert ["bad_date"] == [defect.code for defect in found.first_defects]


def test_only_the_beginning_is_read(path: Path, now: datetime) -> None:
    """A feed of millions is understood as quickly as a small one."""
    path.write_text("Pedido;NF;Data;Status\n" + "1;2;05/03/2026;x\n" * 50)
    found = _survey(path, now, FeedSettings(survey_records_max=10))
    assert (10, False) == (found.info.records, found.is_whole)


def test_a_header_that_leaves_a_doubt_is_shown_all_the_same(path: Path, now: datetime) -> None:
    """For then it is needed most."""
    path.write_text("Ref;Documento;Data;Status\nA;B;12/31/2026;x\n")
    found = _survey(path, now)
    assert {"Ref": "", "Documento": "", "Data": "date", "Status": "description"} == {
        column.name: column.field for column in found.columns
    }
    assert any("no column for order_id" in warning for warning in found.info.warnings)
    with pytest.raises(FeedError, match="no column for order_id"):
        list(FeedReader(str(path), settings=FeedSettings(), now=now))


@pytest.mark.parametrize("body", ["", "\n", "\n\n;;;\n"])
def test_a_header_without_names_is_shown_all_the_same(path: Path, now: datetime, body: str) -> None:
    """Whatever stands below it, and be it nothing."""
    path.write_text(f";;;\n{body}")
    found = _survey(path, now)
    assert ((), 0) == (found.columns, found.info.records)
    assert any("no column for order_id" in warning for warning in found.info.warnings)


def test_a_feed_that_cannot_be_read_has_no_survey(path: Path, now: datetime) -> None:
    """It says what is wrong, as a push would."""
    path.write_text("")
    with pytest.raises(FeedError, match="is empty"):
        _survey(path, now)


@pytest.mark.parametrize(
    "sample",
    sorted(path for path in SAMPLES.glob("*.*") if path.name not in ("README.md", "invoices.csv")),
    ids=lambda sample: sample.name,
)
def test_a_mapping_that_was_written_reads_the_feed_as_it_was_read(sample: Path, now: datetime) -> None:
    """So that who edits it begins with what works."""
    found = _survey(sample, now)
    mapped = read_mapping(mapping_file(found, settings=FeedSettings()), name="map.toml")
    plainly, by_mapping = (
        list(FeedReader(str(sample), settings=settings, now=now)) for settings in (FeedSettings(), mapped)
    )
    assert plainly == by_mapping


def test_a_mapping_that_was_written_says_what_was_said_before(path: Path, now: datetime) -> None:
    """Whatever could be said."""
    path.write_text('"Re\\f";NF;Data;Cód. Ocorrência;Obs\nA;2;05/03/26;01;x\n')
    settings = FeedSettings(
        format="csv",
        delimiter=";",
        date_formats=("%d/%m/%y",),
        timezone="America/Manaus",
        to_timezone="America/Sao_Paulo",
        mapping=FeedMapping(
            columns={"order_id": "Re\\f"},
            constants={"state": 'S"P'},
            templates={"city": "{Obs}"},
            codes={"01": Code(text="Saiu\n\x7f", is_returned=True), "02": Code(is_skipped=True, is_delivered=True)},
            code_table="ocoren",
            skips={"Obs": ("a", "b")},
            invoice_digits=3,
        ),
    )
    again = read_mapping(mapping_file(_survey(path, now, settings), settings=settings), name="map.toml")
    columns = {"order_id": "Re\\f", "invoice_number": "NF", "date": "Data", "event_code": "Cód. Ocorrência"}
    assert settings.mapping.columns.items() <= again.mapping.columns.items()
    assert columns == again.mapping.columns
    for name in ("constants", "templates", "codes", "code_table", "skips", "invoice_digits"):
        assert getattr(settings.mapping, name) == getattr(again.mapping, name), name
    for name in ("format", "delimiter", "date_formats", "timezone", "to_timezone"):
        assert getattr(settings, name) == getattr(again, name), name
