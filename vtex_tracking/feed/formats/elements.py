"""XML with its values in the texts of its elements: each element as it ends, in bounded memory."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, Final

from attrs import frozen

from vtex_tracking.errors import FeedError
from vtex_tracking.feed.defects import show
from vtex_tracking.feed.formats.markup import MarkupError, Parser
from vtex_tracking.feed.lines import guess_encoding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vtex_tracking.feed.content import Content
    from vtex_tracking.feed.entries import Reading

_UTF8: Final = "utf-8"
_DEPTH_MAX: Final = 10  # of what is told, two more than a SOAP envelope needs; deeper ones are read over
_NAME_CHARACTERS_MAX: Final = 40
_DECLARED: Final = re.compile(rb"""<\?xml[^>]{1,100}?encoding\s{0,9}=\s{0,9}["']([\w.-]{1,40})["']""")
_ENCODINGS: Final = {
    _UTF8: _UTF8,
    "us-ascii": _UTF8,
    "iso-8859-1": "cp1252",  # which has the same letters, and the quotes and dashes that are there all the same
    "windows-1252": "cp1252",
    "cp1252": "cp1252",
}


@frozen
class Element:
    """An element that has ended: the names from the root down to it, the text in it, and the line where it began.

    A path is such as `/sroxml/objeto/numero`, without prefixes of namespaces.
    """

    path: str
    text: str
    line: int


def read_elements(content: Content, reading: Reading) -> Iterator[Element]:
    """Yield every element, inner ones before what they are in.

    Raises FeedError for XML that is not well-formed, has a document type, or is over a limit.
    """
    reading.tally.encoding = encoding = _encoding(content.head, reading)
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    elements = _Elements(reading)
    try:
        for chunk in content.chunks():
            yield from elements.feed(decoder.decode(chunk))
        yield from elements.feed(decoder.decode(b"", final=True), is_last=True)
    except UnicodeError as error:
        raise FeedError(f"{reading.name} is not {encoding} throughout: {error}; name its --encoding") from None


def _encoding(head: bytes, reading: Reading) -> str:
    """What the user says, or a byte order mark, or the XML itself; else UTF-8."""
    if reading.settings.encoding != "auto":
        return reading.settings.encoding
    guessed = guess_encoding(head, reading.name)
    declared = _DECLARED.match(head.lstrip())
    if declared is None:
        return guessed
    name = declared[1].decode("ascii", "replace").lower()
    if name not in _ENCODINGS:
        raise FeedError(f"{reading.name} says that its encoding is {show(name)}; if it is, name it with --encoding")
    return _ENCODINGS[name]


class _Elements:
    """Is told of a document by its parser; holds the paths and lines of the open elements, and the text of the last one."""

    def __init__(self, reading: Reading) -> None:
        self._name = reading.name
        self._text_characters_max = reading.settings.field_characters_max
        self._parser = Parser(self, encoding=_UTF8)
        self._open: list[Element] = []
        self._text: list[str] = []
        self._text_characters = 0
        self._ended: list[Element] = []

    def feed(self, text: str, *, is_last: bool = False) -> list[Element]:
        """The elements that end in the next piece of text. Raises FeedError."""
        try:
            self._parser.feed(text.encode(), is_last=is_last)
        except MarkupError as error:
            raise self._error(f"cannot be read as XML: {error}; fetch it again from the carrier") from None
        ended, self._ended = self._ended, []
        return ended

    def start(self, name: str, _attributes: object) -> None:
        path = self._open[-1].path if self._open else ""
        if len(self._open) < _DEPTH_MAX:
            path = f"{path}/{name[:_NAME_CHARACTERS_MAX]}"
        self._open.append(Element(path, "", self._parser.line))
        self._text, self._text_characters = [], 0

    def data(self, text: str) -> None:
        self._text.append(text)
        self._text_characters += len(text)
        if self._text_characters > self._text_characters_max:
            raise self._error("has a text that is longer than a field may be (field_characters_max)")

    def end(self, _name: str) -> None:
        ended = self._open.pop()
        if len(self._open) < _DEPTH_MAX:
            self._ended.append(Element(ended.path, "".join(self._text).strip(), ended.line))
        self._text, self._text_characters = [], 0

    def _error(self, problem: str) -> FeedError:
        return FeedError(f"{self._name}:{self._parser.line} {problem}")
