"""What is often sent in the place of a feed, known by its first bytes: pictures, pages, documents, other archives."""

from __future__ import annotations

from typing import Final

from attrs import frozen

from vtex_tracking.errors import FeedError


@frozen(kw_only=True)
class _Stranger:
    """A kind of file that is no feed: how its bytes begin, or what stands in them from some byte on, and what to do."""

    what: str
    begins: bytes
    start: int = 0
    advice: str = "name the right file"


_STRANGERS: Final = (
    _Stranger(what="an .xls workbook", begins=b"\xd0\xcf\x11\xe0", advice="save the sheet as CSV"),
    _Stranger(what="an OpenDocument file", begins=b"mimetypeapplication/vnd.oasis.", start=30, advice="save it as CSV"),
    _Stranger(what="a PDF", begins=b"%PDF-", advice="ask for the table that it was made from"),
    _Stranger(what="a PNG picture", begins=b"\x89PNG"),
    _Stranger(what="a JPEG picture", begins=b"\xff\xd8\xff"),
    _Stranger(what="a RAR archive", begins=b"Rar!\x1a\x07", advice="unpack it first: unrar x"),
    _Stranger(what="a 7z archive", begins=b"7z\xbc\xaf\x27\x1c", advice="unpack it first: 7z x"),
    _Stranger(what="a tar archive", begins=b"ustar", start=257, advice="unpack it first: tar -xf"),
    _Stranger(what="an SQLite database", begins=b"SQLite format 3\0"),
)
_PAGE: Final = (b"<!doctype html", b"<html")
_PAGE_BYTES_MAX: Final = 1000  # before which a page begins as one
_AROUND: Final = b"\xef\xbb\xbf \t\r\n"


def check_stranger(head: bytes, *, name: str) -> None:
    """Bytes that begin as no feed does are not read as one. Raises FeedError, which says what they are instead."""
    for stranger in _STRANGERS:
        if head.startswith(stranger.begins, stranger.start):
            raise FeedError(f"{name} is {stranger.what}; {stranger.advice}")
    if head[:_PAGE_BYTES_MAX].lstrip(_AROUND).lower().startswith(_PAGE):
        raise FeedError(f"{name} is an HTML page, such as a login or an error; fetch the feed again")
