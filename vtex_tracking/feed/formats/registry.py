"""Which formats there are, and how one is told from the others by what it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import field, frozen

from vtex_tracking.errors import FeedError
from vtex_tracking.feed.formats.correios import is_correios, read_correios
from vtex_tracking.feed.formats.correios_codes import CODES as CORREIOS_CODES
from vtex_tracking.feed.formats.correios_codes import normal_code as normal_correios_code
from vtex_tracking.feed.formats.correios_xml import is_correios_xml, read_correios_xml
from vtex_tracking.feed.formats.csv import read_csv
from vtex_tracking.feed.formats.hub import CODES as HUB_CODES
from vtex_tracking.feed.formats.hub import is_hub, read_hub
from vtex_tracking.feed.formats.jsonl import read_jsonl
from vtex_tracking.feed.formats.ocoren import is_ocoren, read_ocoren
from vtex_tracking.feed.formats.ocoren_codes import CODES as OCOREN_CODES
from vtex_tracking.feed.formats.ocoren_codes import normal_code as normal_ocoren_code
from vtex_tracking.feed.formats.xlsx import MAGIC as XLSX_MAGIC
from vtex_tracking.feed.formats.xlsx import read_xlsx

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from vtex_tracking.feed.content import Content
    from vtex_tracking.feed.entries import Entries, Entry, Reading
    from vtex_tracking.settings import Code


@frozen(kw_only=True)
class Format:
    """A layout of feeds: how to know it by its first bytes or lines, how to read it, and what its event codes say."""

    name: str
    is_known_by: Callable[[Sequence[str]], bool]  # the first lines that are not blank
    read: Callable[[Content, Reading], Iterator[Entry | Entries]]
    codes: Mapping[str, Code] = field(factory=dict)
    normal_code: Callable[[str], str] = str  # how the table spells a code
    magic: bytes | None = None  # what its bytes begin with, where they are no text


_XML: Final = "<?xml"

# Asked in this order; the last takes everything.
FORMATS: Final = {
    known.name: known
    for known in (
        Format(
            name="ocoren",
            is_known_by=is_ocoren,
            read=read_ocoren,
            codes=OCOREN_CODES,
            normal_code=normal_ocoren_code,
        ),
        Format(
            name="correios",
            is_known_by=is_correios,
            read=read_correios,
            codes=CORREIOS_CODES,
            normal_code=normal_correios_code,
        ),
        Format(
            name="correios-xml",
            is_known_by=is_correios_xml,
            read=read_correios_xml,
            codes=CORREIOS_CODES,
            normal_code=normal_correios_code,
        ),
        Format(name="intelipost", is_known_by=is_hub, read=read_hub, codes=HUB_CODES),
        Format(name="xlsx", is_known_by=lambda _lines: False, read=read_xlsx, magic=XLSX_MAGIC),
        Format(name="jsonl", is_known_by=lambda lines: lines[0].lstrip().startswith(("{", "[")), read=read_jsonl),
        Format(name="csv", is_known_by=lambda _lines: True, read=read_csv),
    )
}


def find_format(content: Content) -> Format:
    """The format that a feed's first bytes or lines show; content is not empty. Raises FeedError for XML of another kind."""
    for known in FORMATS.values():
        if known.magic is not None and content.head.startswith(known.magic):
            return known
    lines = content.first_lines() or ("",)
    found = next(known for known in FORMATS.values() if known.is_known_by(lines))
    if found.name == "csv" and lines[0].lstrip().startswith(_XML):
        raise FeedError(f"{content.name} is XML, but not that of Correios; fetch the feed as CSV or JSON")
    return found
