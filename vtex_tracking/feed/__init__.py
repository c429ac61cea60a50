"""Feeds: untrusted bytes in, tracking events and defects out."""

from vtex_tracking.feed.defects import DefectCode
from vtex_tracking.feed.invoices import InvoiceReader
from vtex_tracking.feed.mapping import read_mapping
from vtex_tracking.feed.reader import FeedReader
from vtex_tracking.feed.sources.places import expand_feeds

__all__ = ["DefectCode", "FeedReader", "InvoiceReader", "expand_feeds", "read_mapping"]
