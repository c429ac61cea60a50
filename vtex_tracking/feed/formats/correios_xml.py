"""Correios, as their older web service answers: XML with objects, bare or in a SOAP envelope.

Layout as in the manual of the web service, https://usermanual.wiki/Document/manualtracking072016.1963337275/help. It names
no order: that is found by the tracking number.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

from vtex_tracking.errors import FeedError
from vtex_tracking.feed.columns import Field
from vtex_tracking.feed.defects import plain
from vtex_tracking.feed.entries import Entry
from vtex_tracking.feed.formats.correios_codes import correios_code, no_tracking
from vtex_tracking.feed.formats.elements import read_elements

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from vtex_tracking.feed.content import Content
    from vtex_tracking.feed.entries import Reading, Shape
    from vtex_tracking.feed.formats.elements import Element

# The elements of an event, and what their texts are called here.
_KIND: Final = "tipo"
_TYPE: Final = "status"
_ELEMENTS: Final = {
    "data": Field.DATE,
    "hora": Field.TIME,
    "descricao": Field.DESCRIPTION,
    "cidade": Field.CITY,
    "uf": Field.STATE,
    "detalhe": "detail",
    "local": "unit",
    "destino/cidade": "destination_city",
    "destino/uf": "destination_state",
    "destino/local": "destination_unit",
}
_NAMES: Final = (Field.TRACKING_NUMBER, Field.EVENT_CODE, *_ELEMENTS.values())
_KNOWN: Final = frozenset((_KIND, _TYPE, *_ELEMENTS))
_EVENT: Final = "evento/"
_ERRORS: Final = ("/erro", "/error", "/faultstring")
_KNOWN_BY: Final = re.compile(r"<(?:\w{1,40}:)?(?:sroxml|rastro|buscaEventos\w{0,40}Response|objeto)\b")


def is_correios_xml(lines: Sequence[str]) -> bool:
    """A feed is this XML where an element of the web service is among the first."""
    text = "\n".join(lines)
    return text.lstrip().startswith("<") and _KNOWN_BY.search(text) is not None


def read_correios_xml(content: Content, reading: Reading) -> Iterator[Entry]:
    """Yield one entry for each event of each object; for an object without events, one.

    Raises FeedError where the answer is an error instead of objects, and for XML that cannot be read.
    """
    reader = _ObjectReader(reading.name, reading.layout(_NAMES))
    for element in read_elements(content, reading):
        entry = reader.read(element)
        if entry is not None:
            yield entry


class _ObjectReader:
    """Puts together what the elements of one object say, event after event."""

    def __init__(self, name: str, shape: Shape) -> None:
        self._name = name
        self._shape = shape
        self._number = ""
        self._message = ""
        self._has_events = False
        self._event: dict[str, str] = {}

    def read(self, element: Element) -> Entry | None:
        """The entry that ends with this element, if one does."""
        _, is_inside, inside = f"{element.path}/".partition("/objeto/")
        match inside.rstrip("/"):
            case _ if not is_inside:
                self._check_error(element)
            case "":
                return self._end_object(element)
            case "numero":
                self._number = element.text
            case "erro":
                self._message = element.text
            case "evento":
                return self._end_event(element)
            case name if name.startswith(_EVENT) and name.removeprefix(_EVENT) in _KNOWN:
                self._event.setdefault(name.removeprefix(_EVENT), element.text)
        return None

    def _check_error(self, element: Element) -> None:
        if element.path.endswith(_ERRORS):
            raise FeedError(
                f"{self._name}:{element.line} is an error instead of objects: {plain(element.text)}; fetch it again"
            )

    def _end_event(self, element: Element) -> Entry:
        event, self._event = self._event, {}
        self._has_events = True
        code = correios_code(event.get(_KIND), event.get(_TYPE))
        values = (self._number, code, *(event.get(name, "") for name in _ELEMENTS))
        return Entry(element.line, self._shape, values, text=self._written(event))

    def _end_object(self, element: Element) -> Entry | None:
        entry = None
        if not self._has_events:
            entry = Entry(element.line, self._shape, text=self._written({}), problem=no_tracking(self._message))
        self._number = self._message = ""
        self._has_events = False
        return entry

    def _written(self, event: Mapping[str, str]) -> str:
        """The object with this event alone, as XML that can be mended and read again."""
        inside = "".join(_tagged(name, escape(text)) for name, text in event.items())
        event_text = _tagged("evento", inside) if inside else _tagged("erro", escape(self._message))
        return _tagged("objeto", _tagged("numero", escape(self._number)) + event_text)


def _tagged(path: str, text: str) -> str:
    for name in reversed(path.split("/")):
        text = f"<{name}>{text}</{name}>"
    return text
