"""Intelipost's webhook, an object for each event of a volume, as a hub between store and carriers sends them.

Layout as in https://docs.intelipost.com.br/v1/pedido-de-entrega/recebimento-de-status-webhook.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from vtex_tracking.feed.columns import Field
from vtex_tracking.feed.defects import DefectCode, ValueProblem
from vtex_tracking.feed.entries import Entry
from vtex_tracking.feed.formats.objects import EventsOf, inner, is_json, read_events, read_objects
from vtex_tracking.settings import Code

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vtex_tracking.feed.content import Content
    from vtex_tracking.feed.entries import Reading
    from vtex_tracking.feed.formats.decoding import JsonObject

_NAMES: Final = (
    Field.ORDER_ID,
    Field.INVOICE_NUMBER,
    Field.INVOICE_SERIES,
    Field.INVOICE_KEY,
    Field.TRACKING_NUMBER,
    Field.VOLUME,
    Field.EVENT_CODE,
    Field.DATE,
    Field.DESCRIPTION,
    Field.CITY,
    Field.STATE,
    "sales_order_number",
    "shipment_order_number",
    "provider_message",
    "provider_state",
    "state_localized",
    "micro_state",
)
_HISTORY: Final = "history"
_STATE: Final = "shipment_order_volume_state"
_KNOWN_BY: Final = re.compile(rf'"{_STATE}"\s*:')

# The states that public receivers of the webhook know; none of them is a return, which is told in words.
CODES: Final = {
    "NEW": Code(text="Pedido criado"),
    "LABEL_CREATED": Code(text="Etiqueta criada"),
    "READY_FOR_SHIPPING": Code(text="Pronto para envio"),
    "SHIPPED": Code(text="Despachado"),
    "IN_TRANSIT": Code(text="Em trânsito"),
    "TO_BE_DELIVERED": Code(text="Saiu para entrega"),
    "DELIVERED": Code(text="Entregue", is_delivered=True),
    "CLARIFY_DELIVERY_FAIL": Code(text="Averiguar falha na entrega"),
    "DELIVERY_FAILED": Code(text="Falha na entrega"),
    "CANCELLED": Code(text="Cancelado"),
}


def is_hub(lines: Sequence[str]) -> bool:
    """A feed is from the hub where an object has the state of a volume."""
    text = "\n".join(lines)
    return is_json(text) and _KNOWN_BY.search(text) is not None


def read_hub(content: Content, reading: Reading) -> Iterator[Entry]:
    """Yield one entry for each event of a volume; for what is no object, or has no event, one."""
    shape, events_max = reading.layout(_NAMES), reading.settings.events_of_line_max
    for found in read_objects(content, reading):
        yield from read_events(found, _LAYOUT, shape=shape, events_max=events_max)


def _history(volume: JsonObject) -> object:
    """The events of a volume: the webhook sends them one by one, a store may keep them in a list."""
    history = volume.get(_HISTORY)
    return [history] if history and isinstance(history, dict) else history


def _values(volume: JsonObject, event: JsonObject) -> tuple[object, ...]:
    invoice = volume.get("invoice")
    state = event.get(_STATE)
    return (
        volume.get("sales_order_number") or volume.get("order_number"),
        inner(invoice, "invoice_number"),
        inner(invoice, "invoice_series"),
        inner(invoice, "invoice_key"),
        volume.get("tracking_code"),
        _volume(volume.get("volume_number")),
        state if isinstance(state, str) else "",
        event.get("event_date_iso") or event.get("created_iso"),  # when it was; when the hub heard of it
        event.get("provider_message") or event.get("shipment_order_volume_state_localized"),
        inner(event, "location", "city"),
        inner(event, "location", "state_code"),
        volume.get("sales_order_number"),
        volume.get("order_number"),
        event.get("provider_message"),
        event.get("provider_state"),
        event.get("shipment_order_volume_state_localized"),
        inner(event, "shipment_volume_micro_state", "name"),
    )


def _volume(number: object) -> object:
    """The number of a volume as a text, for some senders write it as a number."""
    return str(number) if isinstance(number, int) and not isinstance(number, bool) else number


_LAYOUT: Final = EventsOf(
    key=_HISTORY,
    listed=_history,
    missing=lambda _volume: ValueProblem(DefectCode.MISSING_FIELD, "is empty; expected an event", field=_HISTORY),
    values=_values,
)
