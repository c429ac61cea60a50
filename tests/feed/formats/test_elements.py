"""XML, element by element, from whoever."""

from __future__ import annotations

from typing import Any

import pytest
from feed_support import NoJudge
from memory import taken

from vtex_tracking.errors import FeedError
from vtex_tracking.feed.content import Content
from vtex_tracking.feed.entries import Reading
from vtex_tracking.feed.formats.elements import Element, read_elements
from vtex_tracking.feed.tally import Tally
from vtex_tracking.settings import FeedSettings


def _read(*chunks: bytes | str, **limits: Any) -> list[Element]:
    settings, tally = FeedSettings(**limits), Tally()
    data = iter([chunk.encode() if isinstance(chunk, str) else chunk for chunk in chunks])
    content = Content(data, name="feed", settings=settings, tally=tally)
    return list(read_elements(content, Reading(name="feed", settings=settings, tally=tally, judge=NoJudge())))


def test_an_element_has_its_path_its_text_and_its_line() -> None:
    """Inner ones come before what they are in; spaces around a text are none of it."""
    assert [
        Element("/a/b", "x & y", 2),
        Element("/a/c", "", 4),
        Element("/a", "", 1),
    ] == _read('<a>\n<n:b attribute="1"> x &amp;\x20<![CDATA[y]]>\n</n:b><!-- -->\n<c/></a>')


def test_chunks_may_end_anywhere() -> None:
    """Also in the middle of a character."""
    data = "<a><b>ação</b></a>".encode()
    assert _read(data) == _read(*(bytes([byte]) for byte in data))


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ("", "utf-8"),
        (' encoding="UTF-8"', "utf-8-sig"),
        (' encoding = "iso-8859-1" standalone="yes"', "latin-1"),
        (" encoding='windows-1252'", "cp1252"),
        ("", "utf-16"),
    ],
)
def test_the_encoding_is_what_the_document_says(declared: str, encoding: str) -> None:
    """A byte order mark, or the first line; UTF-8 without either."""
    data = f'<?xml version="1.0"{declared}?><a>ação</a>'.encode(encoding)
    assert [Element("/a", "ação", 1)] == _read(data)


def test_what_claims_to_be_latin_1_may_have_the_quotes_of_windows() -> None:
    """As browsers read it too; they would be control characters otherwise."""
    data = '<?xml version="1.0" encoding="ISO-8859-1"?><a>“ok” ação…</a>'.encode("cp1252")
    assert ["“ok” ação…"] == [element.text for element in _read(data)]


def test_an_encoding_that_is_named_wins() -> None:
    """Over what the document says."""
    data = '<?xml version="1.0" encoding="utf-8"?><a>ação</a>'.encode("cp1252")
    assert ["ação"] == [element.text for element in _read(data, encoding="cp1252")]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"<a><b></a>", "feed:1 cannot be read as XML: mismatched tag: line 1"),
        (b"<a>\n<b>", "feed:2 cannot be read as XML: no element found: line 2"),
        (b"<a>&nada;</a>", "feed:1 cannot be read as XML: undefined entity"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "feed:1 cannot be read as XML: a document type"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "feed:1 cannot be read as XML: a document type"),
        (b"<a>" * 1000, "feed:1 cannot be read as XML: elements nested too deeply"),
        (b"<a>a\xe7\xe3o</a>", "feed is not utf-8 throughout: 'utf-8' codec can't decode byte 0xe7"),
        (b'<?xml version="1.0" encoding="hz"?><a/>', 'feed says that its encoding is "hz"; if it is, name it with'),
    ],
)
def test_what_cannot_be_read_stops_the_feed(data: bytes, problem: str) -> None:
    """With the line, and what is wrong there."""
    with pytest.raises(FeedError) as caught:
        _read(data)
    assert str(caught.value).startswith(problem)


def test_a_text_has_a_limit() -> None:
    """As a cell of a table has."""
    assert ["aaaa"] == [element.text for element in _read("<a>aaaa</a>", field_characters_max=4)]
    with pytest.raises(FeedError, match=r"feed:1 has a text that is longer than a field may be \(field_char"):
        _read("<a>aaaaa</a>", field_characters_max=4)


def test_what_lies_very_deep_is_read_over() -> None:
    """No element that is read lies there."""
    found = [element.path for element in _read("<a>" * 12 + "</a>" * 12)]
    assert ["/a" * depth for depth in range(10, 0, -1)] == found


def test_memory_does_not_grow_with_the_feed() -> None:
    """Only the elements of one chunk are held, and the text of one of them."""
    chunks = (f"<b{number}><c>{'text ' * 20}</c></b{number}>" * 20 for number in range(100))
    settings, tally = FeedSettings(), Tally()
    content = Content((text.encode() for text in ("<a>", *chunks, "</a>")), name="feed", settings=settings, tally=tally)
    reading = Reading(name="feed", settings=settings, tally=tally, judge=NoJudge())
    count, peak_bytes = taken(read_elements(content, reading))
    assert 4001 == count
    assert peak_bytes <= 200 << 10
