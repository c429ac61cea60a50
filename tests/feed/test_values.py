"""Ids, booleans and texts are taken as written, or they are a problem."""

from __future__ import annotations

import time
import unicodedata
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtex_tracking.feed.defects import DefectCode, ValueProblem
from vtex_tracking.feed.values import count_stripped, cut_text, read_bool, read_id, read_text, split_city_state, string
from vtex_tracking.model import TrackingEvent, is_id

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=3,
)


def _code(read: object, *args: object, **options: object) -> DefectCode:
    assert callable(read)
    with pytest.raises(ValueProblem) as caught:
        read(*args, field="x", **options)
    assert caught.value.field == "x"
    assert caught.value.problem.isprintable()
    return caught.value.code


@pytest.mark.parametrize(
    "text",
    [
        "000030711",
        "1172452900788-01",
        "v501245lspt-01",
        "SLR-v527103anml-01",
        "MLB-2000001234",
        "a..b",
        "0",
        "12E34",
        "1E-05",
        "x" * 64,
        "30.711",
    ],
)
def test_an_id_is_kept_letter_for_letter(text: str) -> None:
    """Leading zeros, case and marks are part of an id."""
    assert text == read_id(text, field="x")


def test_an_id_may_be_a_whole_number_of_json() -> None:
    """A number without a fraction has all its digits."""
    assert "1172452900788" == read_id(1172452900788, field="x")


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("1,17245E+12", "scientific_notation"),
        ("1.17245E+12", "scientific_notation"),
        ("1E+12", "scientific_notation"),
        ("1.17245E12", "scientific_notation"),
        ("30711.0", "decimal_id"),
        ("30711,00", "decimal_id"),
        ("######", "spreadsheet_error"),
        ("#N/D", "spreadsheet_error"),
        ("#REF!", "spreadsheet_error"),
        ("", "missing_field"),
        ("  ", "missing_field"),
        (None, "missing_field"),
        ("..", "bad_id"),
        (".", "bad_id"),
        ("../..", "bad_id"),
        ("a/b", "bad_id"),
        ("%2F", "bad_id"),
        ("a?x=1", "bad_id"),
        ("a#f", "bad_id"),
        ("a b", "bad_id"),
        ("a ", "bad_id"),
        ("a\n", "bad_id"),
        ("x" * 65, "bad_id"),
        ("http://evil/", "bad_id"),
        ("١٢٣", "bad_id"),
        ("a\0", "bad_id"),
        ("\ud800", "bad_id"),
        (-5, "bad_id"),
        (True, "bad_id"),
        ([], "bad_id"),
        ({}, "bad_id"),
        (1172452900788.0, "float_id"),
        (float("inf"), "float_id"),
    ],
)
def test_what_is_no_id_says_why(value: object, code: str) -> None:
    """What a spreadsheet did, what would lead to another address, and what lost digits each have a code."""
    assert code == _code(read_id, value)


@given(JSON_VALUES)
def test_an_id_that_is_read_is_one(value: object) -> None:
    """Whatever comes in, what comes out is an id, or it is a problem."""
    with suppress(ValueProblem):
        assert is_id(read_id(value, field="x"))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *[
            (text, True)
            for text in ("true", "TRUE", "1", "sim", "Sim", "S", "yes", "y", "Verdadeiro", " sim ", 1, True)
        ],
        *[
            (text, False)
            for text in ("false", "False ", "FALSE", "0", "não", "NÃO", "nao", "n", "no", "falso", 0, False)
        ],
        ("", None),
        (" ", None),
        (None, None),
    ],
)
def test_booleans_are_those_of_the_table(*, value: object, expected: bool | None) -> None:
    """The text "false" is false, and nothing said is neither."""
    assert expected is read_bool(value, field="x")


@pytest.mark.parametrize("value", ["talvez", "2", 2, -1, 1.0, [], {}, "truee", "x", "sim não"])
def test_any_other_boolean_is_a_problem(value: object) -> None:
    """Nothing outside the table is guessed."""
    assert "bad_bool" == _code(read_bool, value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("  São Paulo ", "São Paulo"),
        ("<b>a</b>\r\nb 📦\t", "<b>a</b>\r\nb 📦"),
        ("a\x1b\x85b", "ab"),
        (unicodedata.normalize("NFD", "ação"), "ação"),
        (None, ""),
        ("#1 na fila", "#1 na fila"),
    ],
)
def test_a_text_is_sent_as_it_is_written(value: object, expected: str) -> None:
    """Only space around it and control characters go; letters are put together with their accents."""
    assert expected == read_text(value, field="x", characters_max=300)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("a\0b", "control_char"),
        ("x" * 11, "text_too_long"),
        ("x" * 1000, "text_too_long"),
        ("#REF!", "spreadsheet_error"),
        (" ### ", "spreadsheet_error"),
        ("\x01#REF!\x1f", "spreadsheet_error"),
        (5, "bad_type"),
        (True, "bad_type"),
        ([], "bad_type"),
    ],
)
def test_what_is_no_text_says_why(value: object, code: str) -> None:
    """A number is no text, and neither is a spreadsheet's error."""
    assert code == _code(read_text, value, characters_max=10)


def test_a_letter_under_a_heap_of_accents_is_refused_in_no_time() -> None:
    """Putting n accents in order takes n² steps, so a text of them must not reach that."""
    heap = "a" + "\u0301\u0316" * 5000
    started = time.perf_counter()
    assert "bad_unicode" == _code(read_text, heap, characters_max=5001)
    assert "bad_unicode" == _code(cut_text, heap * 10, characters_max=5001)
    assert time.perf_counter() - started < 1


def test_accents_count_with_their_letter() -> None:
    """The limit holds for the text as it is sent, however it was put together."""
    text = unicodedata.normalize("NFD", "ã" * 10)
    assert "ã" * 10 == read_text(text, field="x", characters_max=10)
    assert "ã" * 9 == cut_text(text, field="x", characters_max=9)


def test_a_text_is_cut_without_a_space_at_its_end() -> None:
    """What is cut is still as it is sent."""
    assert "abc" == cut_text("abc def", field="x", characters_max=4)


@given(st.text(), st.sampled_from([5, 5000]))
def test_a_text_that_is_read_may_be_sent(text: str, characters_max: int) -> None:
    """Whatever is read as a description, or cut to be one, makes an event."""
    for read in (read_text, cut_text):
        try:
            found = read(text, field="x", characters_max=characters_max)
        except ValueProblem:
            continue
        assert len(found) <= characters_max
        TrackingEvent(order_id="1", invoice_number="1", date="2026-01-01", description="x" + found)


@given(st.text())
def test_what_is_stripped_is_counted(text: str) -> None:
    """Every control character but tabs and line breaks is taken out, and no other is."""
    controls = [char for char in text if unicodedata.category(char) == "Cc" and char not in "\t\r\n"]
    assert len(controls) == count_stripped(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Curitiba/PR", ("Curitiba", "PR")),
        ("Curitiba / PR", ("Curitiba", "PR")),
        ("Curitiba - PR", ("Curitiba", "PR")),
        ("Embu-Guaçu/SP", ("Embu-Guaçu", "SP")),
        ("A/B/SP", ("A/B", "SP")),
        ("Biritiba-Mirim", ("Biritiba-Mirim", "")),
        ("", ("", "")),
    ],
)
def test_a_city_and_a_state_in_one_are_split_at_the_last_mark(text: str, expected: tuple[str, str]) -> None:
    """A hyphen inside a city's name is no mark."""
    assert expected == split_city_state(text)


def test_null_is_the_empty_text() -> None:
    """JSON says null where CSV has an empty cell."""
    assert "" == string(None, DefectCode.BAD_TYPE, "x")
