"""What is noticed while a feed is read is kept once, and not without end."""

from __future__ import annotations

from vtex_tracking.feed.tally import NAMES_MAX, Tally
from vtex_tracking.model import FeedNoticeCode, WarningCode


def test_names_and_warnings_are_kept_once_and_not_without_end() -> None:
    """A feed of JSON may name other keys in every line."""
    tally = Tally()
    for number in range(2 * NAMES_MAX):
        tally.leave_unused(("a\x1b", f"column {number}"))
        tally.warn("again", code=WarningCode.FEED_CHANGED)
        tally.warn(f"warning {number}", code=FeedNoticeCode.COLUMNS)
    assert (NAMES_MAX, NAMES_MAX) == (len(tally.unused_columns), len(tally.warnings))
    assert ["a\\x1b", "column 0"] == list(tally.unused_columns)[:2]
    assert [("again", "feed_changed"), ("warning 0", "columns")] == list(tally.warnings.items())[:2]
