"""Workbooks in Office Open XML (.xlsx): a zip of XML parts, of which sheets are read as streams, row after row.

The layout is that of ECMA-376, part 1, chapters 12 and 18. Python's own zip and XML do for it, and keep what is lost in a
library that loads a sheet: the digits of a number as the file has them, the sign of an error, and constant memory.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Final

from attrs import frozen

from vtex_tracking.errors import FeedError
from vtex_tracking.feed.defects import show
from vtex_tracking.feed.formats.cells import CellReader, Style, style_of
from vtex_tracking.feed.formats.markup import Handler, parse
from vtex_tracking.feed.formats.sheets import SharedTexts, SheetRow, SheetRows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from vtex_tracking.feed.sources.archive import Archive
    from vtex_tracking.settings import FeedSettings

_SMALL_PART_BYTES_MAX: Final = 16 << 20  # of what is neither a sheet nor the shared texts


@frozen(kw_only=True)
class Sheet:
    """One sheet of a workbook, and the part that holds it."""

    name: str
    part: str
    is_visible: bool


class Workbook:
    """An .xlsx file. Raises FeedError for one that is damaged, or unpacks to more than allowed."""

    def __init__(self, archive: Archive, *, settings: FeedSettings, packed_bytes: int) -> None:
        self._archive = archive
        self._name = archive.name
        self._settings = settings
        self._unpacked_bytes = 0
        self._unpacked_bytes_max = max(settings.unpack_bytes_free, settings.unpack_ratio_max * packed_bytes)
        main = next(iter(self._relations("").get("officeDocument", {}).values()), "")
        if not main.endswith(".xml"):
            raise FeedError(f"{self._name} is no .xlsx workbook; save the sheet as .xlsx or CSV")
        relations = self._relations(main)
        book = _Book(relations.get("worksheet", {}))
        self._read(main, book)
        self.sheets = tuple(book.sheets)
        styles = _Styles()
        for part in relations.get("styles", {}).values():
            self._read(part, styles)
        texts = self._texts(relations.get("sharedStrings", {}))
        self._cells = CellReader(texts=texts, styles=styles.styles, is_from_1904=book.is_from_1904)

    def rows(self, sheet: Sheet) -> Iterator[SheetRow]:
        """Every row that the sheet has, from the top."""
        settings = self._settings
        rows = SheetRows(
            self._cells, characters_max=settings.field_characters_max, row_characters_max=settings.line_bytes_max
        )
        for _ in self._steps(sheet.part, rows, bytes_max=settings.feed_bytes_max):
            yield from rows.take()

    def _relations(self, source: str) -> dict[str, dict[str, str]]:
        """The parts that a part refers to: kind → id → name."""
        folder, name = posixpath.split(source)
        relations = _Relations(folder)
        self._read(posixpath.join(folder, "_rels", f"{name}.rels"), relations)
        return relations.kinds

    def _texts(self, parts: Mapping[str, str]) -> list[str]:
        settings = self._settings
        texts = SharedTexts(bytes_max=settings.shared_text_bytes_max, characters_max=settings.field_characters_max)
        for part in parts.values():
            for _ in self._steps(part, texts, bytes_max=settings.feed_bytes_max):
                if texts.is_too_much:
                    raise FeedError(
                        f"{self._name} has more than {settings.shared_text_bytes_max} bytes of texts "
                        "(shared_text_bytes_max), which are kept in memory; save the sheet as CSV"
                    )
        return texts.texts

    def _read(self, part: str, handler: Handler) -> None:
        for _ in self._steps(part, handler, bytes_max=_SMALL_PART_BYTES_MAX):
            pass

    def _steps(self, part: str, handler: Handler, *, bytes_max: int) -> Iterator[None]:
        """Read a part, and yield after each chunk of it."""
        steps = parse(self._chunks(part, bytes_max), handler)
        while True:
            try:
                next(steps)
            except StopIteration:
                return
            except ValueError as error:
                problem = f"{self._name} is a damaged workbook ({show(str(error))}); open it and save it again"
                raise FeedError(problem) from None
            yield

    def _chunks(self, part: str, bytes_max: int) -> Iterator[bytes]:
        part_bytes = 0
        for chunk in self._archive.part(part):
            part_bytes += len(chunk)
            self._unpacked_bytes += len(chunk)
            if part_bytes > bytes_max or self._unpacked_bytes > self._unpacked_bytes_max:
                raise FeedError(f"{self._name} unpacks to far more than a workbook of its size; save the sheet as CSV")
            yield chunk


class _Relations:
    """Reads which parts a part refers to."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self.kinds: dict[str, dict[str, str]] = {}

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "Relationship":
            kind = attributes.get("Type", "").rpartition("/")[2]
            target = posixpath.normpath(posixpath.join("/", self._folder, attributes.get("Target", "")))
            self.kinds.setdefault(kind, {})[attributes.get("Id", "")] = target.lstrip("/")

    def end(self, name: str) -> None:
        """All was said at its start."""

    def data(self, text: str) -> None:
        """There is none that counts."""


class _Book:
    """Reads the names of the sheets, in their order, and from when days are counted."""

    def __init__(self, parts: Mapping[str, str]) -> None:
        self._parts = parts
        self.sheets: list[Sheet] = []
        self.is_from_1904 = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "workbookPr":
            self.is_from_1904 = attributes.get("date1904") in ("1", "true")
        elif name == "sheet" and attributes.get("id") in self._parts:  # one that is all chart is a part of another kind
            is_visible = attributes.get("state", "visible") == "visible"
            part = self._parts[attributes["id"]]
            self.sheets.append(Sheet(name=attributes.get("name", ""), part=part, is_visible=is_visible))

    def end(self, name: str) -> None:
        """All was said at its start."""

    def data(self, text: str) -> None:
        """There is none that counts."""


class _Styles:
    """Reads which styles of cells show dates and times."""

    def __init__(self) -> None:
        self.styles: list[Style] = []
        self._codes: dict[str, str] = {}
        self._is_of_cells = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        match name:
            case "numFmt":
                self._codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
            case "cellXfs":
                self._is_of_cells = True
            case "xf" if self._is_of_cells:
                number = attributes.get("numFmtId", "0")
                self.styles.append(style_of(number, self._codes.get(number, "")))
            case _:
                pass

    def end(self, name: str) -> None:
        self._is_of_cells = self._is_of_cells and name != "cellXfs"

    def data(self, text: str) -> None:
        """There is none that counts."""
