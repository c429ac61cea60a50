"""What is sent in the place of a feed is named for what it is, with what to do about it."""

from __future__ import annotations

import gzip
import re
from typing import TYPE_CHECKING

import pytest
from fact_writers import zipped

from vtex_tracking.errors import FeedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from vtex_tracking.feed import FeedReader

STRANGERS = {
    "an .xls workbook; save the sheet as CSV": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    "an OpenDocument file; save it as CSV": b"PK\x03\x04".ljust(30, b"\0")
    + b"mimetypeapplication/vnd.oasis.opendocument",
    "a PDF; ask for the table that it was made from": b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n",
    "a PNG picture; name the right file": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "a JPEG picture; name the right file": b"\xff\xd8\xff\xe0\0\x10JFIF",
    "a RAR archive; unpack it first: unrar x": b"Rar!\x1a\x07\x01\0",
    "a 7z archive; unpack it first: 7z x": b"7z\xbc\xaf\x27\x1c\0\4",
    "a tar archive; unpack it first: tar -xf": b"feed.csv".ljust(257, b"\0") + b"ustar\x0000",
    "an SQLite database; name the right file": b"SQLite format 3\0\x10",
    "an HTML page, such as a login or an error; fetch the feed again": b"\xef\xbb\xbf\r\n<!DOCTYPE HTML>\n<html>",
    "XML, but not that of Correios; fetch the feed as CSV or JSON": b'<?xml version="1.0"?><nfeProc/>',
}


@pytest.mark.parametrize(("said", "data"), STRANGERS.items(), ids=[said.split()[1] for said in STRANGERS])
def test_a_file_that_is_no_feed_is_named(feed: Callable[..., FeedReader], *, said: str, data: bytes) -> None:
    """Packed or not, for nobody can do anything with "no column for order_id" there."""
    ways = {"feed": data, "feed/in/feed 0": zipped(data)}
    ways |= {"feed packed": gzip.compress(data)} if not data.startswith(b"PK") else {}
    for name, packed in ways.items():
        with pytest.raises(FeedError, match=f"/{re.escape(name.split()[0])}.* is {re.escape(said)}$"):
            list(feed(packed))


@pytest.mark.parametrize("text", ["%PDF", "<htm", "ustar", "Rar!", "html", "xml"])
def test_a_feed_may_have_headers_of_any_name(feed: Callable[..., FeedReader], text: str) -> None:
    """A word alone makes no feed a file of another kind."""
    [event] = feed(f"{text};Pedido;NF;Data de Entrega\nx;1-01;0001;05/03/2026\n")
    assert "2026-03-05 00:00" == getattr(event, "delivered_date", event)
