"""What is odd and stops nothing: warnings, which are counted and listed, and how they are called."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen


class WarningCode(StrEnum):
    """What is doubtful about a run's feeds. With --strict each of them stops the run; a code keeps its meaning."""

    # an invoice
    EVENT_IN_FUTURE = "event_in_future"
    DELIVERED_BEFORE_EVENTS = "delivered_before_events"
    EVENT_AFTER_DELIVERY = "event_after_delivery"
    DELIVERED_AND_RETURNED = "delivered_and_returned"
    # many invoices
    SAME_MOMENT = "same_moment"
    DELIVERED_SHARE = "delivered_share"
    # a feed
    MOJIBAKE = "mojibake"
    FEED_CHANGED = "feed_changed"
    FEED_EMPTY = "feed_empty"


class FeedNoticeCode(StrEnum):
    """What is to be known of how a feed was read, where it was read as it was meant to be."""

    NO_RECORDS = "no_records"
    TITLE_LINES = "title_lines"
    TOTAL_LINES = "total_lines"
    SKIPPED_RECORDS = "skipped_records"  # as the mapping has it
    CUT_DESCRIPTIONS = "cut_descriptions"  # as --truncate has it
    COLUMNS = "columns"  # one was chosen among several, or is missing
    OTHER_SHEETS = "other_sheets"
    UNREAD_CELLS = "unread_cells"  # beside the table of a workbook
    NUMERIC_IDS = "numeric_ids"  # in a workbook: their zeros, if there were any, are gone
    UNKNOWN_RECORDS = "unknown_records"  # of a type that the format has not
    INVOICE_MAP = "invoice_map"  # rows of it are not used


@frozen(kw_only=True)
class FeedWarning:
    """What is doubtful about what the feeds say, and stops nothing: a code to sort by, where, and a sentence.

    `place` is a record's, such as `feed.csv:17`, or the feed's name where all of it is meant; empty where a caller's own
    events have none.
    """

    code: str
    place: str
    problem: str

    def __str__(self) -> str:
        return f"{self.place}: {self.problem}" if self.place else self.problem
