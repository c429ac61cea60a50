"""Correios, as their REST API answers: objects by tracking number, each with a list of its events.

Layout as in the answers of https://api.correios.com.br/srorastro/v1/objetos. It names no order: that is found by the
tracking number.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from vtex_tracking.feed.columns import Field
from vtex_tracking.feed.entries import Entry
from vtex_tracking.feed.formats.correios_codes import correios_code, no_tracking
from vtex_tracking.feed.formats.objects import EventsOf, inner, is_json, read_events, read_objects

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vtex_tracking.feed.content import Content
    from vtex_tracking.feed.entries import Reading
    from vtex_tracking.feed.formats.decoding import JsonObject

_NAMES: Final = (
    Field.TRACKING_NUMBER,
    Field.EVENT_CODE,
    Field.DATE,
    Field.DESCRIPTION,
    Field.CITY,
    Field.STATE,
    "detail",
    "unit",
    "destination_city",
    "destination_state",
    "destination_unit",
)
_EVENTS: Final = "eventos"
_OBJECT: Final = re.compile(r'"codObjeto"\s*:')
_TOLD: Final = re.compile(r'"(?:eventos|mensagem)"\s*:')


def is_correios(lines: Sequence[str]) -> bool:
    """A feed is from Correios where an object of theirs has its events, or a message instead."""
    text = "\n".join(lines)
    return is_json(text) and _OBJECT.search(text) is not None and _TOLD.search(text) is not None


def read_correios(content: Content, reading: Reading) -> Iterator[Entry]:
    """Yield one entry for each event of each object; for an object without events, and for what is no object, one."""
    shape, events_max = reading.layout(_NAMES), reading.settings.events_of_line_max
    for found in read_objects(content, reading, list_key="objetos"):
        yield from read_events(found, _LAYOUT, shape=shape, events_max=events_max)


def _values(parcel: JsonObject, event: JsonObject) -> tuple[object, ...]:
    created = event.get("dtHrCriado")  # a text, or an object with a zone beside it
    return (
        parcel.get("codObjeto"),
        correios_code(event.get("codigo"), event.get("tipo")),
        inner(created, "date") if isinstance(created, dict) else created,
        event.get("descricao"),
        inner(event, "unidade", "endereco", "cidade"),
        inner(event, "unidade", "endereco", "uf"),
        event.get("detalhe"),
        inner(event, "unidade", "nome"),
        inner(event, "unidadeDestino", "endereco", "cidade"),
        inner(event, "unidadeDestino", "endereco", "uf"),
        inner(event, "unidadeDestino", "nome"),
    )


_LAYOUT: Final = EventsOf(
    key=_EVENTS,
    listed=lambda parcel: parcel.get(_EVENTS),
    missing=lambda parcel: no_tracking(parcel.get("mensagem")),
    values=_values,
)
