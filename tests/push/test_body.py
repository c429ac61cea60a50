"""What an answer's body is, and the one line of it for people."""

from __future__ import annotations

import pytest

from vtex_tracking.push.body import MESSAGE_CHARACTERS_MAX, Body, Content, clean, read_body


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"error":{"code":"OMS007","message":"Order Not Found","exception":null}}', "Order Not Found"),
        (b'{"message":"Invoice Not Found"}', "Invoice Not Found"),
        (b'{"Message":"x"}', '{"Message":"x"}'),
        (b'{"error":"bad"}', "bad"),
        (b'{"title":"Bad","detail":"very","traceId":"1"}', "Bad: very"),
        (b'{"title":"Bad","detail":null}', "Bad"),
        (b'{"detail":"very"}', "very"),
        (b'{"message":""}', '{"message":""}'),
        (b'{"message":7}', '{"message":7}'),
        (b"null", "null"),
        (b"[1, 2]", "[1, 2]"),
        (b'"a word"', '"a word"'),
        (b'\xef\xbb\xbf{"message":"after a BOM"}', "after a BOM"),
    ],
)
def test_every_shape_of_vtexs_errors_gives_its_sentence(body: bytes, message: str) -> None:
    """JSON is known by its bytes, whatever its label says."""
    read = read_body(body, content_type="text/plain")
    assert (Content.JSON, message) == (read.content, read.message)


@pytest.mark.parametrize(
    "body",
    [
        b'{"receipt": NaN}',
        b'{"receipt": "a", "n": -Infinity}',
        b'{"receipt": "a", "receipt": "b"}',
        b'{"receipt": "a", "n": ' + b"9" * 5000 + b"}",
        b"[" * 60_000,
        b'{"a":' * 10_000,
        b'{"receipt": "a"',
        b'{"receipt": "\xff"}',
        b"\xff\xfe{\x00}\x00",
        b"plain words",
    ],
    ids=lambda body: body[:20].decode("latin-1"),
)
def test_json_that_means_two_things_or_none_is_no_json(body: bytes) -> None:
    """NaN, a key given twice, endless digits or depth, bytes that are no UTF-8: never an exception, never a receipt."""
    read = read_body(body, content_type="application/json")
    assert (Content.OTHER, {}) == (read.content, read.document)
    assert read.message


@pytest.mark.parametrize(
    ("body", "content_type", "message"),
    [
        (b"<!DOCTYPE html><html><head><TITLE lang='en'>\n Log in </TITLE>", "", "Log in"),
        (b"  <HTML><body>Not here", "application/json", "<HTML><body>Not here"),
        (b"<p>403</p>", "text/html; charset=utf-8", "<p>403</p>"),
        (b"<html><title>" + b"<" * 60_000, "", None),
    ],
)
def test_a_web_page_is_known_and_told_by_its_title(body: bytes, content_type: str, message: str | None) -> None:
    """HTML by its label or by its first word; a hostile one takes no longer to read."""
    read = read_body(body, content_type=content_type)
    assert Content.HTML == read.content
    assert message in (None, read.message)


@pytest.mark.parametrize("body", [b"", b" \r\n\t"])
def test_nothing_is_nothing(body: bytes) -> None:
    """A body of blanks is empty, whatever its label."""
    assert Body(content=Content.EMPTY) == read_body(body, content_type="text/html", encoding="gzip")


@pytest.mark.parametrize(
    ("encoding", "content"), [("gzip", Content.OTHER), ("br, gzip", Content.OTHER), (" Identity ", Content.JSON)]
)
def test_a_compressed_body_is_not_read(encoding: str, content: Content) -> None:
    """Nobody asked for compression, so what comes compressed says nothing, even if it looks like JSON."""
    assert content == read_body(b'{"receipt":"a"}', encoding=encoding).content


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\r\n b\tc", "a b c"),
        ("\x1b[31mred\x07", "[31mred"),
        ("\u202eeslaf\u2028x", "eslaf x"),
        ("\ud800half", "half"),
        ("São Paulo 🚚", "São Paulo 🚚"),
        ("x" * 5000, "x" * MESSAGE_CHARACTERS_MAX),
    ],
)
def test_text_from_outside_is_one_printable_line(text: str, expected: str) -> None:
    """No escape, no line break, no turned direction, no half character, and at most 300 of them."""
    assert expected == clean(text)


@pytest.mark.parametrize(
    ("document", "expected"), [({"receipt": " r\n"}, "r"), ({"receipt": " "}, None), ({"receipt": 1}, None), ({}, None)]
)
def test_a_text_of_a_document_is_clean_or_none(document: dict[str, object], expected: str | None) -> None:
    """A blank, a number or nothing is no text."""
    assert expected == Body(content=Content.JSON, document=document).text("receipt")
