"""From bytes to numbered lines of text, in whatever encoding and with whatever ends of lines they come."""

from __future__ import annotations

import codecs
import re
from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple

from vtex_tracking.errors import FeedError, SettingsError
from vtex_tracking.feed.defects import DefectCode, show

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vtex_tracking.feed.tally import Tally

SHOWN_BYTES_MAX: Final = 64 << 10  # of a line that is too long, what a defect keeps
_UTF8: Final = "utf-8"
_FALLBACK: Final = "cp1252"
_WIDE_BOMS: Final = {
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16's, with which it begins
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_SAMPLE_BYTES: Final = 512
_HALF_CHARACTER: Final = "\ud800"
_ASCII: Final = bytes(range(0x20, 0x7F)) + b"\t\r\n"
_MOJIBAKE: Final = re.compile("Ã[\x80-\xbf]")  # what an accented letter of UTF-8 looks like when read as cp1252


class Line(NamedTuple):
    """One line with its end, numbered from 1; a fault says why its text is not what was meant."""

    number: int
    text: str
    fault: DefectCode | None = None


def check_encoding(encoding: str) -> None:
    """An encoding is `auto` or the name of a codec of Python's that reads text. Raises SettingsError."""
    if not encoding.isprintable() or (encoding != "auto" and not _reads_text(encoding)):
        raise SettingsError(f"{show(encoding)} is not an encoding; expected auto, utf-8, cp1252, utf-16…")


def _reads_text(encoding: str) -> bool:
    try:
        " ".encode(encoding)
    except (LookupError, ValueError):
        return False
    try:
        _HALF_CHARACTER.encode(encoding)
    except ValueError:
        return True
    return False  # such as unicode_escape: what it reads might be no text, which can be written nowhere


def read_lines(
    chunks: Iterable[bytes], *, name: str, encoding: str, line_bytes_max: int, tally: Tally
) -> Iterator[Line]:
    """Yield every line, ended by LF, CR or CRLF. Raises FeedError where not even lines can be told apart.

    With `auto`, a byte order mark decides; without one a line is UTF-8, or else cp1252. A line that cannot be decoded,
    holds a NUL or has more than `line_bytes_max` bytes is yielded with its fault, and the next line is found again.
    """
    stream: Iterator[bytes] = filter(None, chunks)
    head = next(stream, b"")
    stream = chain([head], stream)
    tally.encoding = encoding if encoding != "auto" else guess_encoding(head, name)
    if not _is_ascii_superset(tally.encoding):
        stream = _to_utf8(stream, name=name, encoding=tally.encoding)
        encoding = _UTF8
    decode = _Decoder(encoding, tally)
    for number, data in enumerate(split_lines(_without_bom(stream), line_bytes_max=line_bytes_max), start=1):
        if len(data) > line_bytes_max:
            start = data[:SHOWN_BYTES_MAX].decode(_UTF8, "backslashreplace")
            yield Line(number, start, DefectCode.LINE_TOO_LONG)
        else:
            yield decode(number, data)


def split_lines(chunks: Iterable[bytes], *, line_bytes_max: int) -> Iterator[bytes]:
    """Yield lines with their ends; of one over the limit only its start, a byte longer than the limit.

    Never more than a line and a chunk are held, however long a line is.
    """
    rest = b""
    is_skipping = False  # until the end of a line that was too long
    for chunk in filter(None, chunks):
        lines = (rest + chunk).splitlines(keepends=True)
        # A CR at the end may be half of a CRLF, so only LF ends the last line for certain.
        rest = b"" if lines[-1].endswith(b"\n") else lines.pop()
        for line in lines:
            if not is_skipping:
                yield line[: line_bytes_max + 1]
            is_skipping = False
        if len(rest) > line_bytes_max and not is_skipping:
            yield rest[: line_bytes_max + 1]
            is_skipping = True
        if is_skipping:
            rest = rest[-1:]
    if rest and not is_skipping:
        yield rest


def guess_encoding(head: bytes, name: str) -> str:
    """The encoding that a byte order mark names; without one UTF-8. Raises FeedError for UTF-16 without a mark."""
    for bom, wide in _WIDE_BOMS.items():
        if head.startswith(bom):
            return wide
    sample = head[:_SAMPLE_BYTES]
    if 3 * max(sample[::2].count(0), sample[1::2].count(0)) > len(sample):
        raise FeedError(f"{name} looks like UTF-16 without a byte order mark; name it, such as --encoding utf-16-le")
    return _UTF8


def _is_ascii_superset(encoding: str) -> bool:
    """Whether lines may be told apart before they are decoded."""
    try:
        return _ASCII.decode(encoding) == _ASCII.decode("ascii")
    except ValueError:
        return False


def _to_utf8(chunks: Iterable[bytes], *, name: str, encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        for chunk in chunks:
            yield decoder.decode(chunk).encode(_UTF8)
        yield decoder.decode(b"", final=True).encode(_UTF8)
    except ValueError as error:
        raise FeedError(f"{name} is not {encoding} throughout: {error}; save it as UTF-8") from None


def _without_bom(chunks: Iterable[bytes]) -> Iterator[bytes]:
    stream = filter(None, chunks)
    yield next(stream, b"").removeprefix(codecs.BOM_UTF8)
    yield from stream


class _Decoder:
    """Text from one line at a time: in the encoding named, or with `auto` in UTF-8 and else in cp1252."""

    def __init__(self, encoding: str, tally: Tally) -> None:
        self._encoding = _UTF8 if encoding == "auto" else encoding
        self._is_guessing = encoding == "auto"
        self._tally = tally

    def __call__(self, number: int, data: bytes) -> Line:
        try:
            text = data.decode(self._encoding)
        except ValueError:
            return self._decode_odd(number, data)
        return self._checked(number, text)

    def _decode_odd(self, number: int, data: bytes) -> Line:
        try:
            if self._is_guessing:
                text = data.decode(_FALLBACK)
                self._tally.fallback_lines += 1
                return self._checked(number, text)
        except ValueError:
            pass  # neither of the two: a defect, as with an encoding that was named
        return Line(number, data.decode("ascii", "backslashreplace"), DefectCode.BAD_ENCODING)

    def _checked(self, number: int, text: str) -> Line:
        if "Ã" in text and _MOJIBAKE.search(text):
            self._tally.mojibake_lines += 1
        return Line(number, text, DefectCode.CONTROL_CHAR if "\0" in text else None)
