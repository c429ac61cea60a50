"""Lines are found whatever their encoding and ends, and a bad one does not hide the next."""

from __future__ import annotations

import codecs
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtex_tracking.errors import FeedError, SettingsError
from vtex_tracking.feed.defects import DefectCode
from vtex_tracking.feed.lines import LINES_MAX, Line, check_encoding, read_blocks, split_lines
from vtex_tracking.feed.tally import Tally


def _lines(
    data: bytes, *, encoding: str = "auto", line_bytes_max: int = 1000, tally: Tally | None = None
) -> list[Line]:
    tally = Tally() if tally is None else tally
    blocks = read_blocks([data], name="feed", encoding=encoding, line_bytes_max=line_bytes_max, tally=tally)
    return [line for block in blocks for line in block.lines()]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_they_like(end: str) -> None:
    """LF, CRLF and CR are ends, mixed or not, and the last line needs none."""
    assert [(1, f"a{end}"), (2, f"b{end}"), (3, "c\n"), (4, "d")] == [
        (line.number, line.text) for line in _lines(f"a{end}b{end}c\nd".encode())
    ]


def test_other_line_breaks_of_unicode_are_text() -> None:
    """A line separator or a form feed inside a description does not end the record."""
    assert ["a\u2028b\x0cc\x85d\n"] == [line.text for line in _lines("a\u2028b\x0cc\x85d\n".encode())]


@pytest.mark.parametrize("bom", [codecs.BOM_UTF8, codecs.BOM_UTF16_LE])
def test_a_byte_order_mark_may_come_in_pieces(bom: bytes) -> None:
    """A pipe gives what it has, which may be a single byte."""
    data = bom + "São\n".encode("utf-8" if bom == codecs.BOM_UTF8 else "utf-16-le")
    pieces = [data[index : index + 1] for index in range(len(data))]
    blocks = read_blocks(pieces, name="feed", encoding="auto", line_bytes_max=1000, tally=Tally())
    assert [Line(1, "São\n")] == [line for block in blocks for line in block.lines()]


@given(st.lists(st.binary(max_size=12) | st.sampled_from([b"\r", b"\n", b"\r\n"]), max_size=12), st.integers(1, 20))
def test_where_the_chunks_end_does_not_matter(chunks: list[bytes], line_bytes_max: int) -> None:
    """However the bytes come, the lines are the same; one over the limit is cut a byte after it."""
    whole = b"".join(chunks)
    expected = [line[: line_bytes_max + 1] for line in whole.splitlines(keepends=True)]
    assert expected == [line for lines in split_lines(chunks, line_bytes_max=line_bytes_max) for line in lines]


def test_a_line_that_is_too_long_is_passed_over() -> None:
    """The next line is found, and of the long one only the start is kept."""
    first, second = _lines(b"x" * 2_000_000 + b"\nb\n", line_bytes_max=1 << 20)
    assert (1, "line_too_long", 64 << 10) == (first.number, first.fault, len(first.text))
    assert Line(2, "b\n") == second


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        ("São".encode(), "utf-8"),
        (codecs.BOM_UTF8 + "São".encode(), "utf-8"),
        ("São".encode("utf-16"), "utf-16"),
        (codecs.BOM_UTF16_BE + "São".encode("utf-16-be"), "utf-16"),
        ("São".encode("utf-32"), "utf-32"),
    ],
)
def test_a_byte_order_mark_says_the_encoding(data: bytes, encoding: str) -> None:
    """The mark itself is no part of the text."""
    tally = Tally()
    assert [Line(1, "São")] == _lines(data, tally=tally)
    assert encoding == tally.encoding


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark_must_be_named(encoding: str) -> None:
    """Its zeros give it away, and the name makes it readable."""
    data = "Pedido;NF\n".encode(encoding)
    with pytest.raises(FeedError, match="--encoding utf-16-le"):
        _lines(data)
    assert [Line(1, "Pedido;NF\n")] == _lines(data, encoding=encoding)


def test_a_mark_may_come_with_a_named_encoding() -> None:
    """The mark is dropped there as well."""
    assert [Line(1, "a")] == _lines(codecs.BOM_UTF16_LE + "a".encode("utf-16-le"), encoding="utf-16-le")


def test_a_line_that_is_not_utf8_is_cp1252() -> None:
    """Line by line, counted; one that is neither is a fault with its bytes shown."""
    tally = Tally()
    data = "São\n".encode() + "São\n".encode("cp1252") + b"S\x81\xe3o\n"
    assert [Line(1, "São\n"), Line(2, "São\n"), Line(3, "S\\x81\\xe3o\n", fault=DefectCode.BAD_ENCODING)] == _lines(
        data, tally=tally
    )
    assert 1 == tally.fallback_lines


def test_a_named_encoding_decides_for_every_line() -> None:
    """Nothing else is tried, and what it cannot read is a fault."""
    tally = Tally()
    assert ["SÃ£o\n", "São\n"] == [
        line.text for line in _lines("São\n".encode() + "São\n".encode("cp1252"), encoding="cp1252", tally=tally)
    ]
    assert (0, 1) == (tally.fallback_lines, tally.mojibake_lines)
    assert [DefectCode.BAD_ENCODING] == [line.fault for line in _lines(b"S\xe3o\n", encoding="utf-8")]


@pytest.mark.parametrize("text", ["São", "SÃO", "PREÇO", "ATÉ", "AVÔ", "ÓRGÃO", "ÚLTIMO"])
def test_letters_that_were_read_as_cp1252_are_counted(text: str) -> None:
    """Small ones and capital ones."""
    tally = Tally()
    odd = text.encode().decode("cp1252")
    assert [f"{odd}\n", f"{text}\n"] == [line.text for line in _lines(f"{odd}\n{text}\n".encode(), tally=tally)]
    assert 1 == tally.mojibake_lines


def test_a_wide_encoding_that_breaks_stops_the_feed() -> None:
    """Where its characters cannot be told apart, neither can its lines."""
    with pytest.raises(FeedError, match="is not utf-16 throughout"):
        _lines(codecs.BOM_UTF16_LE + b"a\0b")


def test_a_nul_is_a_fault() -> None:
    """No text has one."""
    assert [DefectCode.CONTROL_CHAR, None] == [line.fault for line in _lines(b"a;b;" + b"c" * 60 + b"\0\nd\n")]


@pytest.mark.parametrize(
    "encoding", ["nonsense", "hex", "undefined", "a\0", "", "cp1252\x16", "unicode_escape", "utf-7"]
)
def test_an_encoding_must_be_one(encoding: str) -> None:
    """It is refused before anything is read."""
    with pytest.raises(SettingsError, match="is not an encoding"):
        check_encoding(encoding)


@given(st.binary(), st.sampled_from(["auto", "utf-8", "cp1252", "utf-16", "shift_jis", "utf-7"]))
def test_any_bytes_are_lines_or_an_error_that_says_so(data: bytes, encoding: str) -> None:
    """Whatever comes, a line can be written anywhere, or the feed cannot be read."""
    try:
        lines = _lines(data, encoding=encoding, line_bytes_max=20)
    except FeedError:
        return
    assert all(line.text.encode() for line in lines)
    assert all(re.search("[\r\n].", line.text) is None for line in lines)


@given(
    st.lists(
        st.sampled_from([b"a", b"\xc3\xa3", b"\xe3", b"\x81", b"\0", b"\n", b"\r\n", "Ã£".encode(), b"b" * 30]),
        max_size=20,
    ),
    st.sampled_from(["auto", "utf-8", "cp1252"]),
)
def test_an_odd_line_changes_nothing_about_the_others(parts: list[bytes], encoding: str) -> None:
    """Whether lines come at once or each by itself: texts, faults and counts are the same."""
    # Enough lines above that none of this is in the sample of the encoding, and that they are more than one block.
    above, data, at_once, one_by_one = b"x\n" * (LINES_MAX - 5), b"".join(parts), Tally(), Tally()
    chunks = [above, *data.splitlines(keepends=True)]
    blocks = read_blocks(chunks, name="feed", encoding=encoding, line_bytes_max=20, tally=one_by_one)
    lines = [line for block in blocks for line in block.lines()]
    assert lines == _lines(above + data, encoding=encoding, line_bytes_max=20, tally=at_once)
    assert one_by_one == at_once


def test_lines_without_a_fault_come_together() -> None:
    """Also those that are read as cp1252, and those around a line with a fault; never too many at a time."""
    data = "ã\n".encode() + b"\xe3\n" * LINES_MAX + b"\x81\nx\n"
    blocks = list(read_blocks([data], name="feed", encoding="auto", line_bytes_max=20, tally=(tally := Tally())))
    assert [(1, LINES_MAX), (LINES_MAX + 1, 1), (LINES_MAX + 2, 1), (LINES_MAX + 3, 1)] == [
        (block.number, len(block.texts)) for block in blocks
    ]
    assert {"ã\n"} == {text for block in blocks[:2] for text in block.texts}
    assert LINES_MAX == tally.fallback_lines
