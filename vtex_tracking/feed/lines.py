"""From bytes to numbered lines of text, in whatever encoding and with whatever ends of lines they come."""

from __future__ import annotations

import codecs
import re
from itertools import chain, groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Final, NamedTuple

from vtex_tracking.errors import FeedError, SettingsError
from vtex_tracking.feed.defects import DefectCode, show

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from vtex_tracking.feed.tally import Tally

LINES_MAX: Final = (
    512  # of a block: enough to do with one operation what each needs, few enough to do it again for one of them
)
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
_ESCAPED: Final = re.compile("[\udc80-\udcff]")  # what stands for a byte that is not UTF-8
_HALF_CHARACTER: Final = "\ud800"
_ASCII: Final = bytes(range(0x20, 0x7F)) + b"\t\r\n"
# What an accented letter of UTF-8 looks like when read as cp1252, which has signs such as ƒ, ‡ and ‰ from 80 to 9F.
_MOJIBAKE: Final = re.compile(f"Ã[\x80-\xbf{bytes(range(0x80, 0xA0)).decode(_FALLBACK, 'ignore')}]")


class Line(NamedTuple):
    """One line with its end, numbered from 1; a fault says why its text is not what was meant."""

    number: int
    text: str
    fault: DefectCode | None = None


class Block(NamedTuple):
    """Lines that follow one another, numbered from that of the first; with a fault it is one line alone."""

    number: int
    texts: list[str]
    fault: DefectCode | None = None

    def lines(self) -> Iterator[Line]:
        """Each line for itself."""
        return (Line(number, text, self.fault) for number, text in enumerate(self.texts, start=self.number))


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


def read_blocks(
    chunks: Iterable[bytes], *, name: str, encoding: str, line_bytes_max: int, tally: Tally, is_whole: bool = True
) -> Iterator[Block]:
    """Yield every line, ended by LF, CR or CRLF. Raises FeedError where not even lines can be told apart.

    Lines of a chunk that follow one another without a fault come together, up to `LINES_MAX`.

    With `auto`, a byte order mark decides; without one a line is UTF-8, or else cp1252. A line that cannot be decoded,
    holds a NUL or has more than `line_bytes_max` bytes is yielded with its fault, and the next line is found again. What is
    not whole may end inside a character.
    """
    stream = iter(chunks)
    head = _head_of(stream)
    stream = chain([head], stream)
    tally.encoding = encoding if encoding != "auto" else guess_encoding(head, name)
    if not _is_ascii_superset(tally.encoding):
        stream = _to_utf8(stream, name=name, encoding=tally.encoding, is_whole=is_whole)
        encoding = _UTF8
    decode = _Decoder(encoding, tally)
    number = 1
    for found in split_lines(_without_bom(stream), line_bytes_max=line_bytes_max):
        for start in range(0, len(found), LINES_MAX):
            lines = found[start : start + LINES_MAX]
            texts = decode.clean(lines) if max(map(len, lines)) <= line_bytes_max else None
            if texts is not None:
                yield Block(number, texts)
            else:
                yield from blocks_of(
                    decode.line(at, data) if len(data) <= line_bytes_max else _too_long(at, data)
                    for at, data in enumerate(lines, start=number)
                )
            number += len(lines)


def blocks_of(lines: Iterable[Line]) -> Iterator[Block]:
    """Lines that follow one another, as blocks; one with a fault stays alone."""
    for fault, run in groupby(lines, key=_fault):
        if fault is None:
            numbers, texts, _ = zip(*run, strict=True)
            yield Block(numbers[0], list(texts))
        else:
            yield from (Block(line.number, [line.text], fault) for line in run)


_fault: Final[Callable[[Line], DefectCode | None]] = attrgetter("fault")


def _too_long(number: int, data: bytes) -> Line:
    return Line(number, data[:SHOWN_BYTES_MAX].decode(_UTF8, "backslashreplace"), DefectCode.LINE_TOO_LONG)


def split_lines(chunks: Iterable[bytes], *, line_bytes_max: int) -> Iterator[list[bytes]]:
    """Yield the lines of each chunk, with their ends; of one over the limit only its start, a byte longer than the limit.

    Never more than a line and a chunk are held, however long a line is.
    """
    rest = b""
    is_skipping = False  # until the end of a line that was too long
    for chunk in filter(None, chunks):
        lines = (rest + chunk).splitlines(keepends=True)
        # A CR at the end may be half of a CRLF, so only LF ends the last line for certain.
        rest = b"" if lines[-1].endswith(b"\n") else lines.pop()
        found = [line[: line_bytes_max + 1] for line in lines]
        if is_skipping and lines:
            del found[0]
            is_skipping = False
        if len(rest) > line_bytes_max and not is_skipping:
            found.append(rest[: line_bytes_max + 1])
            is_skipping = True
        if is_skipping:
            rest = rest[-1:]
        if found:
            yield found
    if rest and not is_skipping:
        yield [rest]


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


def _to_utf8(chunks: Iterable[bytes], *, name: str, encoding: str, is_whole: bool) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        for chunk in chunks:
            yield decoder.decode(chunk).encode(_UTF8)
        yield decoder.decode(b"", final=is_whole).encode(_UTF8)
    except ValueError as error:
        raise FeedError(f"{name} is not {encoding} throughout: {error}; save it as UTF-8") from None


def _head_of(stream: Iterator[bytes]) -> bytes:
    """Enough of a stream to know its encoding from; a pipe may give its first byte alone."""
    head = b""
    while len(head) < _SAMPLE_BYTES and (chunk := next(stream, None)) is not None:
        head += chunk
    return head


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

    def clean(self, lines: Sequence[bytes]) -> list[str] | None:
        """The texts of lines in which there is nothing odd but which of the two encodings they have; None if there may be."""
        odd: Sequence[int] = ()
        try:
            texts = [line.decode(self._encoding) for line in lines]
        except ValueError:
            if not self._is_guessing:
                return None
            texts = [line.decode(_UTF8, "surrogateescape") for line in lines]
            odd = [index for index, text in enumerate(texts) if _ESCAPED.search(text)]
            if not _decode_again(texts, odd, lines):
                return None
        text = "".join(texts)
        if "\0" in text or _is_mojibake(text):
            return None
        self._tally.fallback_lines += len(odd)
        return texts

    def line(self, number: int, data: bytes) -> Line:
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
        self._tally.mojibake_lines += _is_mojibake(text)
        return Line(number, text, DefectCode.CONTROL_CHAR if "\0" in text else None)


def _decode_again(texts: list[str], odd: Sequence[int], lines: Sequence[bytes]) -> bool:
    """Whether all lines that are not UTF-8 are cp1252, all decoded at once: the codec takes its time, and a byte is a letter."""
    try:
        text = b"".join(lines[index] for index in odd).decode(_FALLBACK)
    except ValueError:
        return False
    end = 0
    for index in odd:
        start, end = end, end + len(lines[index])
        texts[index] = text[start:end]
    return True


def _is_mojibake(text: str) -> bool:
    return "Ã" in text and _MOJIBAKE.search(text) is not None
