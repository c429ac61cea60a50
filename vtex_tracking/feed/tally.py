"""What is counted and noticed while a feed is read."""

from __future__ import annotations

from typing import Final

from attrs import define, field

from vtex_tracking.feed.defects import plain

NAMES_MAX: Final = 100  # of unused columns, and of warnings: a feed of JSON may name others in every line


@define
class Tally:
    """The counts of one feed so far; what FeedInfo is made of."""

    format: str = ""
    encoding: str = ""
    delimiter: str = ""
    records: int = 0
    blank_lines: int = 0
    fallback_lines: int = 0
    mojibake_lines: int = 0
    stripped_characters: int = 0
    cut_descriptions: int = 0
    unused_columns: dict[str, None] = field(factory=dict)  # a set that keeps its order
    warnings: dict[str, None] = field(factory=dict)

    def warn(self, message: str) -> None:
        """Keep a warning once."""
        if len(self.warnings) < NAMES_MAX:
            self.warnings[message] = None

    def leave_unused(self, names: tuple[str, ...]) -> None:
        """Keep the name of each column that nothing is read from, once."""
        for name in names:
            if len(self.unused_columns) == NAMES_MAX:
                return
            self.unused_columns[plain(name)] = None
