"""Which column means what: names in English and Portuguese, and the user's own mapping.

Names are compared after case, accents, spaces and punctuation are taken away: `Nº Pedido` is `nopedido`.
"""

from __future__ import annotations

import unicodedata
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from attrs import frozen

from vtex_tracking.feed.defects import show

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_NAME_CHARACTERS_MAX: Final = 100  # more than any known name has
_LISTED_MAX: Final = 10
IGNORED_PREFIX: Final = "_"  # our own columns in a report of defects, which comes back mended


class Field(StrEnum):
    """What a column may hold, by the name that a mapping file gives it."""

    ORDER_ID = "order_id"
    INVOICE_NUMBER = "invoice_number"
    DATE = "date"
    TIME = "time"
    CITY = "city"
    STATE = "state"
    CITY_STATE = "city_state"
    DESCRIPTION = "description"
    IS_DELIVERED = "is_delivered"
    DELIVERED_DATE = "delivered_date"
    DELIVERED_TIME = "delivered_time"
    EVENT_CODE = "event_code"  # what a table of codes gives a text and a meaning
    INVOICE_KEY = "invoice_key"  # the 44 digits of an NF-e
    INVOICE_SERIES = "invoice_series"
    ISSUER = "issuer"  # the CNPJ of who issued the invoice
    TRACKING_NUMBER = "tracking_number"
    VOLUME = "volume"  # which of an invoice's parcels
    VOLUMES = "volumes"  # how many parcels the invoice has


# For each field the names known for it, from the most telling to the vaguest, a line of them for each rank. Where a
# feed has names of two ranks the more telling one is the field; two of the same rank are a question to the user.
# Left out on purpose: `delivery_date`, `previsao` and the like, which as often mean the day that was promised.
_NAMES: Final[dict[Field, tuple[str, ...]]] = {
    Field.ORDER_ID: (
        "vtexorderid orderidvtex pedidovtex idpedidovtex numeropedidovtex",
        (
            "orderid order ordernumber pedido idpedido iddopedido pedidoid numeropedido numerodopedido numpedido nopedido "
            "nodopedido npedido nrpedido nropedido pedidonumero codigopedido codigodopedido codpedido"
        ),
    ),
    Field.INVOICE_NUMBER: (
        (
            "invoicenumber numeronotafiscal numerodanotafiscal numeronf numerodanf numeronfe numerodanfe nonotafiscal "
            "nodanotafiscal nonf nonfe nnotafiscal nnf nnfe nrnotafiscal nrnf nronotafiscal nronf numnf numnotafiscal "
            "notafiscalnumero nfnumero invoiceno"
        ),
        "invoice notafiscal nf nfe nota nonota numeronota numerodanota",
    ),
    Field.DATE: (
        (
            "eventdate occurrencedate dataocorrencia datadaocorrencia dataevento datadoevento datahoraocorrencia "
            "datahoradaocorrencia datahoraevento datahoradoevento dtocorrencia dtevento dtahoraocorrencia"
        ),
        "date data datetime datahora dataehora dt timestamp",
    ),
    Field.TIME: (
        "eventtime occurrencetime horaocorrencia horadaocorrencia horaevento horadoevento hrocorrencia hrevento",
        "time hora horario hr",
    ),
    Field.CITY: (
        (
            "eventcity cidadeocorrencia cidadedaocorrencia cidadeevento cidadedoevento municipioocorrencia "
            "municipiodaocorrencia"
        ),
        "city cidade municipio",
    ),
    Field.STATE: (
        "eventstate ufocorrencia ufdaocorrencia ufevento ufdoevento estadoocorrencia estadodaocorrencia",
        "state uf",
        "estado",  # which may also be the parcel's
    ),
    Field.CITY_STATE: (
        "cidadeufocorrencia cidadeufdaocorrencia",
        "citystate cidadeuf cidadeestado municipiouf municipioestado",
    ),
    Field.DESCRIPTION: (
        (
            "eventdescription occurrencedescription descricaoocorrencia descricaodaocorrencia descricaoevento "
            "descricaodoevento descocorrencia"
        ),
        "description descricao",
        "occurrence ocorrencia event evento",
        "status situacao",
    ),
    Field.IS_DELIVERED: ("isdelivered delivered entregue foientregue",),
    Field.DELIVERED_DATE: (
        (
            "delivereddate deliveredat deliveredon entregueem dataentrega datadeentrega datadaentrega datahoraentrega "
            "datahoradaentrega dtentrega"
        ),
    ),
    Field.DELIVERED_TIME: ("deliveredtime horaentrega horadeentrega horadaentrega hrentrega",),
    Field.EVENT_CODE: (
        (
            "eventcode occurrencecode codigoocorrencia codigodaocorrencia codigodeocorrencia codocorrencia codigoevento "
            "codigodoevento codevento"
        ),
    ),
    Field.INVOICE_KEY: (
        (
            "invoicekey nfekey accesskey chavenfe chavedanfe chavenf chavenotafiscal chavedanotafiscal chaveacesso "
            "chavedeacesso chaveacessonfe chavedeacessonfe"
        ),
    ),
    Field.INVOICE_SERIES: (
        "invoiceseries serienf serienfe serienotafiscal seriedanotafiscal seriedanota",
        "series serie",
    ),
    Field.ISSUER: (
        "issuer issuercnpj cnpjemissor cnpjdoemissor cnpjemitente cnpjdoemitente cnpjremetente cnpjembarcador",
    ),
    Field.TRACKING_NUMBER: (
        (
            "trackingnumber trackingcode codigorastreio codigoderastreio codigorastreamento codigoderastreamento "
            "numerorastreio numeroderastreio codobjeto codigoobjeto codigodoobjeto"
        ),
        "tracking rastreio rastreamento",
    ),
    Field.VOLUME: ("volumenumber numerovolume numerodovolume novolume", "volume"),
    Field.VOLUMES: (
        "volumecount quantidadevolumes quantidadedevolumes qtdvolumes qtdevolumes totalvolumes totaldevolumes",
    ),
}


# What a message names of all these.
KNOWN_NAMES: Final = {
    Field.ORDER_ID: "order_id, orderId, Pedido, Nº Pedido",
    Field.INVOICE_NUMBER: "invoice_number, Nota Fiscal, NF, Nº NF-e",
    Field.DATE: "date, Data, Data da Ocorrência",
    Field.DESCRIPTION: "description, Descrição, Ocorrência, Status",
}


@frozen
class _Alias:
    field: Field
    rank: int


_ALIASES: Final = {
    name: _Alias(field, rank)
    for field, ranks in _NAMES.items()
    for rank, names in enumerate(ranks)
    for name in names.split()
}
_VAGUE_TIME_RANK: Final = 1


@frozen(kw_only=True, eq=False)
class Columns:
    """The columns of a feed, or the keys of an object: where each field stands, and what was not certain.

    `doubts` must be answered by the user before anything is read; `choices` were made, and are worth a word.
    """

    names: tuple[str, ...]
    indexes: Mapping[Field, int]
    unused: tuple[str, ...]
    doubts: tuple[str, ...]
    choices: tuple[str, ...]

    def index(self, field: Field) -> int:
        """Where a field stands; -1 where the feed has it not, which is the empty cell added at the end."""
        return self.indexes.get(field, -1)

    def name(self, field: str) -> str:
        """How the feed calls a field; our own name for one that it has not."""
        index = self.indexes.get(field) if isinstance(field, Field) else None
        return field if index is None else self.names[index]


def normal_name(name: str) -> str:
    """A name without case, accents, spaces and punctuation."""
    # Cut first, for a long heap of accents takes minutes to put in order.
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKD", name[:_NAME_CHARACTERS_MAX]).casefold()))


def find_columns(names: Sequence[str], *, mapping: Mapping[str, str]) -> Columns:
    """The mapping decides; for fields it does not name, the most telling known name does.

    Names that begin with `_` are no columns. A field mapped to "" is in no column.
    """
    usable = {index: normal_name(name) for index, name in enumerate(names) if not name.startswith(IGNORED_PREFIX)}
    candidates: dict[Field, list[int]] = {}
    for field, header in mapping.items():
        exact = [index for index in usable if header and names[index] == header]
        candidates[Field(field)] = exact or [
            index for index in usable if header and usable[index] == normal_name(header)
        ]
    mapped = {index for indexes in candidates.values() for index in indexes}
    ranks: dict[int, int] = dict.fromkeys(mapped, 0)
    for index, normal in usable.items():
        alias = _ALIASES.get(normal)
        if alias is not None and alias.field not in mapping and index not in mapped:
            candidates.setdefault(alias.field, []).append(index)
            ranks[index] = alias.rank
    return _choose(names, candidates, ranks)


def _choose(names: Sequence[str], candidates: Mapping[Field, list[int]], ranks: Mapping[int, int]) -> Columns:
    indexes: dict[Field, int] = {}
    doubts: list[str] = []
    choices: list[str] = []
    for field, found in candidates.items():
        lowest = min((ranks[index] for index in found), default=0)
        best = [index for index in found if ranks[index] == lowest]
        if len(best) > 1:
            is_one_name = len({names[index] for index in best}) == 1  # which a mapping could not tell apart either
            advice = "; give them different names" if is_one_name else ""
            doubts.append(f"{_listed(names, best)} may each be the {field}{advice}")
        if best:
            indexes[field] = best[0]
        choices += [
            f"column {show(names[index])} is not used: the {field} is read from {show(names[best[0]])}"
            for index in found
            if ranks[index] != lowest
        ]
    _pair_time(names, indexes, candidates, ranks, doubts)
    if Field.CITY in indexes:
        indexes.pop(Field.CITY_STATE, None)
    used = set(indexes.values())
    unused = tuple(
        name for index, name in enumerate(names) if name and index not in used and not name.startswith(IGNORED_PREFIX)
    )
    return Columns(names=tuple(names), indexes=indexes, unused=unused, doubts=tuple(doubts), choices=tuple(choices))


def _pair_time(
    names: Sequence[str],
    indexes: dict[Field, int],
    candidates: Mapping[Field, list[int]],
    ranks: Mapping[int, int],
    doubts: list[str],
) -> None:
    """A column that is only called a time belongs to the one date there is; beside two of them it is a doubt."""
    if Field.TIME not in indexes or ranks[indexes[Field.TIME]] != _VAGUE_TIME_RANK:
        return
    dates = candidates.get(Field.DATE, [])
    if len({ranks[index] for index in dates}) > 1:
        doubts.append(f"column {show(names[indexes[Field.TIME]])} may belong to {_listed(names, dates)}")
    if not dates and Field.DELIVERED_DATE in indexes:
        indexes.setdefault(Field.DELIVERED_TIME, indexes.pop(Field.TIME))


def _listed(names: Sequence[str], indexes: Sequence[int]) -> str:
    return "columns " + " and ".join(show(names[index]) for index in indexes[:_LISTED_MAX])


NO_COLUMNS: Final = find_columns((), mapping={})
