"""The parts of a workbook that may be large: its shared texts, and the rows of a sheet."""

from __future__ import annotations

import re
from sys import getsizeof
from typing import TYPE_CHECKING, Final

from attrs import frozen

from vtex_tracking.feed.formats.cells import unescaped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vtex_tracking.feed.formats.cells import CellReader

ROWS_MAX: Final = 1 << 20  # Excel's own limits
COLUMNS_MAX: Final = 1 << 14
_REFERENCE: Final = re.compile(r"([A-Z]{1,3})\d{1,7}", re.ASCII)
_LETTERS: Final = 26
_BEFORE_A: Final = ord("A") - 1
_POINTER_BYTES: Final = 8


class SharedTexts:
    """Reads the texts that cells name by their number, until they are more than allowed."""

    def __init__(self, *, bytes_max: int, characters_max: int) -> None:
        self.texts: list[str] = []
        self._bytes_left = bytes_max
        self._pieces = _Pieces(characters_max)
        self._is_spoken = False  # in <rPh>, which says how the text before it is spoken

    @property
    def is_too_much(self) -> bool:
        """Whether the limit is passed; what comes then is not kept."""
        return self._bytes_left < 0

    def start(self, name: str, _attributes: Mapping[str, str]) -> None:
        """A text may be in several pieces, each with its own font."""
        match name:
            case "si":
                self._pieces.clear()
            case "rPh":
                self._is_spoken = True
            case "t":
                self._pieces.is_listening = not self._is_spoken
            case _:
                pass

    def end(self, name: str) -> None:
        """A text is whole."""
        self._pieces.is_listening = False
        if name == "rPh":
            self._is_spoken = False
        elif name == "si":
            text = unescaped(self._pieces.text())  # once: in each cell it would be a text of its own
            self._bytes_left -= getsizeof(text) + _POINTER_BYTES
            if not self.is_too_much:
                self.texts.append(text)

    def data(self, text: str) -> None:
        """A piece of text, if it is one."""
        self._pieces.add(text)


@frozen
class SheetRow:
    """A row as a person sees it: its number, and the values of its cells that are not empty, by column from 0."""

    number: int
    cells: Mapping[int, object]
    is_too_long: bool = False  # then only its first cells are there


class SheetRows:
    """Reads the rows of a sheet, to be taken as they come. Raises ValueError where rows are no rows of a sheet."""

    def __init__(self, cells: CellReader, *, characters_max: int, row_characters_max: int) -> None:
        self._cells = cells
        self._pieces = _Pieces(characters_max)
        self._row_characters_max = row_characters_max
        self._rows: list[SheetRow] = []
        self._number = 0
        self._row: dict[int, object] = {}
        self._characters_left = 0  # of the row
        self._column = -1
        self._cell: Mapping[str, str] = {}
        self._has_formula = False
        self._is_spoken = False

    def take(self) -> list[SheetRow]:
        """The rows since the last time."""
        rows, self._rows = self._rows, []
        return rows

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """A row, a cell, or what is in one."""
        match name:
            case "row":
                self._begin_row(attributes.get("r"))
            case "c":
                self._begin_cell(attributes)
            case "f":
                self._has_formula = True
            case "rPh":
                self._is_spoken = True
            case "v" | "t":
                self._pieces.is_listening = not self._is_spoken
            case _:
                pass

    def end(self, name: str) -> None:
        """A cell or a row is whole."""
        self._pieces.is_listening = False
        match name:
            case "c":
                kind, style = self._cell.get("t", "n"), self._cell.get("s", "")
                value = self._cells.read(kind, self._pieces.text(), style=style, has_formula=self._has_formula)
                if isinstance(value, str):
                    self._characters_left -= len(value)
                if value != "" and self._characters_left >= 0:
                    self._row[self._column] = value
            case "row":
                self._rows.append(SheetRow(self._number, self._row, self._characters_left < 0))
            case "rPh":
                self._is_spoken = False
            case _:
                pass

    def data(self, text: str) -> None:
        """A piece of a value, if it is one."""
        self._pieces.add(text)

    def _begin_row(self, number: str | None) -> None:
        last = self._number
        self._number = last + 1 if number is None else int(number)
        if not last < self._number <= ROWS_MAX:
            raise ValueError(f"row {self._number} after row {last}")
        self._row = {}
        self._characters_left = self._row_characters_max
        self._column = -1

    def _begin_cell(self, attributes: Mapping[str, str]) -> None:
        self._cell = attributes
        self._column = column_of(attributes["r"]) if "r" in attributes else self._column + 1
        if self._column >= COLUMNS_MAX:
            raise ValueError(f"column {self._column + 1}")
        self._has_formula = False
        self._pieces.clear()


def column_of(reference: str) -> int:
    """The column of a cell such as `B7`, from 0. Raises ValueError for what names no cell."""
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise ValueError("a cell without a place")
    column = 0
    for letter in match[1]:
        column = column * _LETTERS + ord(letter) - _BEFORE_A
    return column - 1


class _Pieces:
    """Puts a text together from the pieces that a parser hands out; of one over the limit a character more than that."""

    def __init__(self, characters_max: int) -> None:
        self._kept_max = characters_max + 1
        self._pieces: list[str] = []
        self._characters = 0
        self.is_listening = False

    def clear(self) -> None:
        self._pieces = []
        self._characters = 0
        self.is_listening = False

    def add(self, text: str) -> None:
        if self.is_listening and self._characters < self._kept_max:
            self._pieces.append(text)
            self._characters += len(text)

    def text(self) -> str:
        return "".join(self._pieces)[: self._kept_max]
