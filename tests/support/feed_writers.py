"""Feeds written from facts, a small writer for each format, so that what is read back can be compared with what was meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime, time


@frozen(kw_only=True)
class OcorenFact:
    """What one record of OCOREN says."""

    issuer: str
    series: str
    invoice_number: str
    code: int
    date: date
    time: time | None
    remark: str
    text: str


@frozen(kw_only=True)
class OcorenFile:
    """One file of OCOREN, of one carrier, in either version."""

    is_50: bool
    carrier: str
    carrier_cnpj: str
    facts: Sequence[OcorenFact]


_OCOREN_31_WIDTH: Final = 120
_OCOREN_50_WIDTH: Final = 250


def write_ocoren(file: OcorenFile, *, is_padded: bool) -> list[str]:
    """The lines of a file; not padded, each ends where what it says ends."""
    head, width = ("5", _OCOREN_50_WIDTH) if file.is_50 else ("3", _OCOREN_31_WIDTH)
    lines = [
        f"000{file.carrier[:35]:<35}{'LOJA':<35}0503260815OCO{head}10503001",
        f"{head}40OCORR{head}10503001",
        f"{head}41{file.carrier_cnpj}{file.carrier}",
    ]
    for fact in file.facts:
        lines += _ocoren_50(fact) if file.is_50 else [_ocoren_31(fact)]
    if file.is_50:
        lines.append(f"549{len(file.facts):04}")
    return [line.ljust(width) if is_padded else line.rstrip() for line in lines]


def _ocoren_31(fact: OcorenFact) -> str:
    return f"342{fact.issuer}{fact.series:<3}{fact.invoice_number:>08}{fact.code:02}{_ocoren_end(fact)}{fact.text}"


def _ocoren_50(fact: OcorenFact) -> list[str]:
    event = f"542{fact.issuer}{fact.series:<3}{fact.invoice_number:>09}{fact.code:03}{_ocoren_end(fact)}"
    return [event, f"543{fact.text}"] if fact.text else [event]


def _ocoren_end(fact: OcorenFact) -> str:
    return f"{fact.date:%d%m%Y}{'' if fact.time is None else f'{fact.time:%H%M}':4}{fact.remark:2}"


@frozen(kw_only=True)
class ParcelEvent:
    """What one event of a parcel of Correios says."""

    kind: str
    number: int
    moment: datetime  # without seconds, which the XML has not
    description: str
    city: str
    state: str


@frozen(kw_only=True)
class Parcel:
    """What Correios know of one parcel."""

    tracking_number: str
    events: Sequence[ParcelEvent]


def write_correios(parcels: Sequence[Parcel]) -> list[dict[str, object]]:
    """The objects of the REST API."""
    return [
        {
            "codObjeto": parcel.tracking_number,
            "tipoPostal": {"sigla": "QB"},
            "eventos": [
                {
                    "codigo": event.kind,
                    "tipo": f"{event.number:02}",
                    "dtHrCriado": event.moment.isoformat(),
                    "descricao": event.description,
                    "unidade": {"tipo": "Unidade", "endereco": {"cidade": event.city, "uf": event.state}},
                }
                for event in parcel.events
            ],
        }
        for parcel in parcels
    ]


def write_correios_xml(parcels: Sequence[Parcel], *, encoding: str, is_soap: bool) -> bytes:
    """The answer of the older web service."""
    objects = "".join(
        f"<objeto>\n<numero>{parcel.tracking_number}</numero>{''.join(map(_xml_event, parcel.events))}</objeto>"
        for parcel in parcels
    )
    start, end = (
        ("<s:Envelope><s:Body><rastro>", "</rastro></s:Body></s:Envelope>") if is_soap else ("<sroxml>", "</sroxml>")
    )
    return f'<?xml version="1.0" encoding="{encoding}"?>{start}{objects}{end}'.encode(encoding)


def _xml_event(event: ParcelEvent) -> str:
    return (
        f"<evento><tipo>{event.kind}</tipo><status>{event.number}</status><data>{event.moment:%d/%m/%Y}</data>"
        f"<hora>{event.moment:%H:%M}</hora><descricao> {escape(event.description)}\n</descricao>"
        f"<cidade>{escape(event.city)}</cidade><uf>{event.state}</uf><recebedor/></evento>"
    )


@frozen(kw_only=True)
class VolumeEvent:
    """What one call of the hub's webhook says."""

    order_id: str
    invoice_number: str
    volume: int
    code: str
    moment: datetime
    description: str
    city: str
    state: str


def write_hub(event: VolumeEvent) -> dict[str, object]:
    """The object of one call."""
    return {
        "sales_order_number": event.order_id,
        "order_number": "SO-1",
        "volume_number": str(event.volume),
        "invoice": {"invoice_number": event.invoice_number, "invoice_series": "1"},
        "history": {
            "shipment_order_volume_state": event.code,
            "event_date_iso": event.moment.isoformat(timespec="milliseconds"),
            "created_iso": "2026-03-05T08:15:00.000-03:00",
            "provider_message": event.description,
            "location": {"city": event.city, "state_code": event.state},
        },
    }
