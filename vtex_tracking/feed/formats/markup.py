"""XML as a stream, elements with their attributes, in bounded memory.

Expat is safe where no document type is read, for entities stand in one; and where depth, names and tags have limits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NoReturn, Protocol
from xml.parsers import expat

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_DEPTH_MAX: Final = 100
_NAMES_MAX: Final = 2000  # of elements and attributes; a parser keeps each one
_TOKEN_BYTES_MAX: Final = 1 << 20  # of one tag or comment, which is read anew with each chunk of it


class MarkupError(ValueError):
    """What was read is no XML, or none that a limit allows."""


class Handler(Protocol):
    """Who is told of elements as they come, by their names without prefix, and of the text between them."""

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""
        ...

    def end(self, name: str) -> None:
        """An element ends."""
        ...

    def data(self, text: str) -> None:
        """A piece of text."""
        ...


def parse(chunks: Iterable[bytes], handler: Handler) -> Iterator[None]:
    """Tell the handler of a document, and yield after each chunk of it. Raises MarkupError."""
    parser = Parser(handler)
    for chunk in chunks:
        parser.feed(chunk)
        yield
    parser.feed(b"", is_last=True)
    yield


class Parser:
    """Tells a handler of a document, chunk after chunk. An encoding that is named wins over the document's own."""

    def __init__(self, handler: Handler, *, encoding: str | None = None) -> None:
        self._handler = handler
        self._expat = expat.ParserCreate(encoding)
        self._expat.buffer_text = True
        self._expat.StartDoctypeDeclHandler = _refuse_doctype
        self._expat.StartElementHandler = self._start
        self._expat.EndElementHandler = self._end
        self._expat.CharacterDataHandler = handler.data
        self._names: dict[str, str] = {}  # as written → without prefix
        self._depth = 0
        self._fed_bytes = 0

    @property
    def line(self) -> int:
        """The line, from 1, of what the handler is told of."""
        return self._expat.CurrentLineNumber

    def feed(self, chunk: bytes, *, is_last: bool = False) -> None:
        """Take the next chunk. Raises MarkupError."""
        try:
            self._expat.Parse(chunk, is_last)
        except (expat.ExpatError, LookupError) as error:  # LookupError: an encoding that Python does not know
            raise MarkupError(str(error)) from None
        self._fed_bytes += len(chunk)
        if self._fed_bytes - self._expat.CurrentByteIndex > _TOKEN_BYTES_MAX:
            raise MarkupError("a tag without an end")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _DEPTH_MAX:
            raise MarkupError("elements nested too deeply")
        self._handler.start(self._local(name), {self._local(key): value for key, value in attributes.items()})

    def _end(self, name: str) -> None:
        self._depth -= 1
        self._handler.end(self._local(name))

    def _local(self, name: str) -> str:
        known = self._names.get(name)
        if known is None:
            if len(self._names) >= _NAMES_MAX:
                raise MarkupError("too many names of elements")
            known = self._names[name] = name.rpartition(":")[2]
        return known


def _refuse_doctype(*_args: object) -> NoReturn:
    raise MarkupError("a document type, which may hold anything")
