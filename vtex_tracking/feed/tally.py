"""What is counted and noticed while a feed is read."""

from __future__ import annotations

from typing import Final

from attrs import define, field

from vtex_tracking.feed.defects import plain
from vtex_tracking.model import FeedNoticeCode, WarningCode

NAMES_MAX: Final = 100  # of unused columns, and of warnings: a feed of JSON may name others in every line


@define
class Tally:
    """The counts of one feed so far; what FeedInfo is made of."""

    format: str = ""
    encoding: str = ""
    delimiter: str = ""
    records: int = 0
    blank_lines: int = 0
    title_lines: int = 0  # above the header of a table
    total_lines: int = 0  # at its end
    skipped: int = 0  # records that the mapping leaves out
    fallback_lines: int = 0
    mojibake_lines: int = 0
    stripped_characters: int = 0
    cut_descriptions: int = 0
    unused_columns: dict[str, None] = field(factory=dict)  # a set that keeps its order
    warnings: dict[str, WarningCode | FeedNoticeCode] = field(factory=dict)

    def warn(self, message: str, *, code: WarningCode | FeedNoticeCode) -> None:
        """Keep a warning once."""
        if len(self.warnings) < NAMES_MAX:
            self.warnings[message] = code

    def leave_unused(self, names: tuple[str, ...]) -> None:
        """Keep the name of each column that nothing is read from, once."""
        for name in names:
            if len(self.unused_columns) == NAMES_MAX:
                return
            self.unused_columns[plain(name)] = None
