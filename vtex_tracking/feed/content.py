"""What one feed holds once its packing is undone: its beginning to judge it by, then all of it, once."""

from __future__ import annotations

import re
from itertools import chain, islice
from typing import TYPE_CHECKING, BinaryIO, Final

from vtex_tracking.errors import FeedError
from vtex_tracking.feed.defects import LINE_PROBLEMS
from vtex_tracking.feed.lines import Block, Line, read_blocks
from vtex_tracking.feed.sources.opened import CHUNK_BYTES
from vtex_tracking.feed.sources.spool import spooled
from vtex_tracking.feed.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from vtex_tracking.settings import FeedSettings

HEAD_BYTES: Final = 64 << 10
_HEAD_LINES: Final = 50
_BINARY: Final = b"PK"  # a workbook, which has no lines
_END_OF_LINE: Final = re.compile(rb"[\r\n]")


class Content:
    """The bytes of one feed, to be taken once: in chunks, as lines of text, or as a file that can be sought in."""

    def __init__(self, chunks: Iterator[bytes], *, name: str, settings: FeedSettings, tally: Tally) -> None:
        self.name = name
        self._settings = settings
        self._tally = tally
        self._rest = chunks
        self._head: list[bytes] = []
        size_bytes = 0
        for chunk in chunks:
            self._head.append(chunk)
            size_bytes += len(chunk)
            if size_bytes >= HEAD_BYTES:
                break
        self._is_head_cut = size_bytes >= HEAD_BYTES  # as far as is known

    @property
    def head(self) -> bytes:
        """The first 64 KiB or more, or all there is."""
        return b"".join(self._head)

    @property
    def is_blank(self) -> bool:
        """Whether there is nothing, or nothing but blank lines. Raises FeedError for so many of them that nobody looks further."""
        is_blank = not self.head.startswith(_BINARY) and not self.first_lines()
        if is_blank and self._is_head_cut:
            raise FeedError(f"{self.name} begins with {HEAD_BYTES >> 10} KiB of blank lines; is it the right file?")
        return is_blank

    def first_lines(self) -> tuple[str, ...]:
        """The first lines that are not blank, as text, without their ends; the last one may be cut."""
        lines = _lines(self._blocks(iter(self._head), tally=Tally(), is_whole=not self._is_head_cut))
        texts = (line.text.strip("\r\n") for line in lines)
        return tuple(islice((text for text in texts if text.strip()), _HEAD_LINES))

    def chunks(self) -> Iterator[bytes]:
        """All bytes."""
        head, self._head = self._head, []
        return chain(head, self._rest)

    def lines(self) -> Iterator[Line]:
        """All lines. What is not UTF-8, blank or odd in them is counted."""
        return _lines(self.blocks())

    def blocks(self) -> Iterator[Block]:
        """All lines, as many at once as there is nothing odd in."""
        return self._blocks(self.chunks(), tally=self._tally)

    def text(self) -> str:
        """All of it as one text. Raises FeedError where it is longer than a document may be, or is no text."""
        bytes_max = self._settings.document_bytes_max
        data = bytearray()
        for chunk in self.chunks():
            data += chunk
            if len(data) > bytes_max:
                raise FeedError(
                    f"{self.name} is one document of more than {bytes_max} bytes (document_bytes_max); write one object a "
                    "line, such as with: jq -c '.[]'"
                )
        texts: list[str] = []
        for block in self._blocks(_cut_at_lines(data), tally=self._tally, line_bytes_max=bytes_max):
            if block.fault is not None:
                raise FeedError(f"{self.name}:{block.number} {LINE_PROBLEMS[block.fault]}")
            texts.append("".join(block.texts))
        return "".join(texts)

    def file(self) -> AbstractContextManager[BinaryIO]:
        """All bytes as a file, for what cannot be read from its beginning to its end."""
        return spooled(self.chunks(), name=self.name)

    def _blocks(
        self, chunks: Iterator[bytes], *, tally: Tally, line_bytes_max: int | None = None, is_whole: bool = True
    ) -> Iterator[Block]:
        settings = self._settings
        return read_blocks(
            chunks,
            name=self.name,
            encoding=settings.encoding,
            line_bytes_max=settings.line_bytes_max if line_bytes_max is None else line_bytes_max,
            tally=tally,
            is_whole=is_whole,
        )


def _cut_at_lines(data: bytearray) -> Iterator[bytes]:
    """Pieces of whole lines: a document may be one line, which in pieces would be put together again with each of them."""
    start = 0
    while start < len(data):
        found = _END_OF_LINE.search(data, start + CHUNK_BYTES)
        end = len(data) if found is None else found.end()
        yield bytes(data[start:end])
        start = end


def _lines(blocks: Iterator[Block]) -> Iterator[Line]:
    return chain.from_iterable(block.lines() for block in blocks)
