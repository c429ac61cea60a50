"""A mapping file says what a feed's columns, codes, dates and numbers mean, and is refused with all its faults at once."""

from __future__ import annotations

import pytest

from vtex_tracking.errors import SettingsError
from vtex_tracking.feed import read_mapping
from vtex_tracking.settings import Code, FeedMapping, FeedSettings


def test_everything_that_a_mapping_may_say_is_read() -> None:
    """Every table, in the forms that its page shows."""
    text = """
        [feed]
        format = "csv"
        encoding = "cp1252"
        delimiter = ";"
        sheet = "Março"
        [columns]
        order_id = "Ref. do cliente"
        city = ""
        [constants]
        state = "SP"
        [templates]
        description = "{Evento} - {Obs}"
        [codes]
        "01" = "Entregue"
        "25" = { text = "Devolvido", returned = true }
        "31" = { delivered = true }
        "99" = { skip = true }
        [skip]
        Status = ["Previsto", "Cancelado"]
        Tipo = "R"
        [dates]
        formats = ["%d/%m/%y", "%d/%m/%y %H:%M"]
        zone = "America/Manaus"
        to_zone = "America/Sao_Paulo"
        [invoice_number]
        digits = 9
    """
    expected = FeedSettings(
        format="csv",
        encoding="cp1252",
        delimiter=";",
        sheet="Março",
        date_formats=("%d/%m/%y", "%d/%m/%y %H:%M"),
        timezone="America/Manaus",
        to_timezone="America/Sao_Paulo",
        mapping=FeedMapping(
            columns={"order_id": "Ref. do cliente", "city": ""},
            constants={"state": "SP"},
            templates={"description": "{Evento} - {Obs}"},
            codes={
                "01": Code(text="Entregue"),
                "25": Code(text="Devolvido", is_returned=True),
                "31": Code(is_delivered=True),
                "99": Code(is_skipped=True),
            },
            skips={"Status": ("Previsto", "Cancelado"), "Tipo": ("R",)},
            invoice_digits=9,
        ),
    )
    assert expected == read_mapping(text, name="map.toml")


def test_an_empty_file_maps_nothing() -> None:
    """Everything is found by its known names then."""
    assert FeedSettings() == read_mapping("", name="map.toml")


def test_a_mapping_adds_to_what_was_said_before() -> None:
    """What it names again is its own."""
    before = read_mapping('[columns]\ncity = "A"\nstate = "B"\n[invoice_number]\ndigits = 3', name="one.toml")
    after = read_mapping('[columns]\ncity = "C"', name="two.toml", settings=before)
    assert FeedMapping(columns={"city": "C", "state": "B"}, invoice_digits=3) == after.mapping


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("[columns", ["is not TOML"]),
        ("columns = 1", ["columns is no table"]),
        ("a = " + "1" * 5000, ["is not TOML"]),
        ("a = " + "[" * 5000, ["is not TOML"]),
        (
            '[columns]\norder = "A"\ncity = 1\ndate = "X"\ntime = "x."\n[values]\na = 1',
            [
                '"values" is not known; expected [feed], [columns]',
                '"order" is no field; expected one of order_id',
                "[columns] city is no text",
                "both date and time",
            ],
        ),
        ('[columns]\ncity = "A"\n[constants]\ncity = "B"', ["city is given both in [columns] and in [constants]"]),
        ('[constants]\ntown = "A"', ['"town" is no field']),
        ("[templates]\ncity = 1", ["[templates] city is no text"]),
        (
            '[codes]\n1 = 5\n2 = { text = 5 }\n3 = { entregue = true }\n4 = { delivered = "sim" }',
            ["[codes] 1 is neither", "[codes] 2: text is not", "[codes] 3: entregue is", "[codes] 4: delivered is"],
        ),
        ("[skip]\nStatus = 5\nTipo = [1]", ["[skip] Status is no list", "[skip] Tipo is no list"]),
        (
            '[feed]\nformat = 5\ncolor = "red"',
            ["[feed] format is no text", "[feed] color is not known; expected codes, delimiter"],
        ),
        ('[dates]\nzones = "UTC"\nformats = 5', ["[dates] zones is not known", "[dates] formats is no list"]),
        ("[invoice_number]\ndigits = true", ["takes only digits = 0 to 64"]),
        ("[invoice_number]\nzeros = 1", ["takes only digits = 0 to 64"]),
        ("[invoice_number]\ndigits = 65", ["digits is 65; expected 0 to 64"]),
        ("[invoice_number]\ndigits = -1", ["digits is -1"]),
    ],
)
def test_faults_of_a_mapping_are_named_together(text: str, problems: list[str]) -> None:
    """With the file that has them."""
    with pytest.raises(SettingsError) as caught:
        read_mapping(text, name="map.toml")
    assert str(caught.value).startswith("map.toml")
    for problem in problems:
        assert problem in str(caught.value)
