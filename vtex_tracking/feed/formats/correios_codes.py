"""What both formats of Correios share: their event codes, and an object of which nothing is known.

The codes are those of the carrier's own list (manual of its tracking web service, 2016), as public clients of it have it.
The table holds deliveries and returns; every other event is told by its own description.
"""

from __future__ import annotations

import re
from typing import Final

from vtex_tracking.feed.defects import DefectCode, ValueProblem, plain
from vtex_tracking.settings import Code

_SPELLING: Final = re.compile(r"([A-Za-z]+)[ _-]*(\d{1,3})", re.ASCII)
_KINDS: Final = ("BDE", "BDI", "BDR")  # three ways to write off an object; their numbers mean the same
_DELIVERED: Final = ("00", "01")
_RETURNED: Final = {
    "03": "Remetente não retirou objeto na Unidade dos Correios",
    "04": "A entrega não pode ser efetuada - Cliente recusou-se a receber",
    "05": "A entrega não pode ser efetuada",
    "06": "A entrega não pode ser efetuada - Cliente desconhecido no local",
    "08": "A entrega não pode ser efetuada - Endereço incorreto",
    "10": "A entrega não pode ser efetuada - Cliente mudou-se",
    "12": "Remetente não retirou objeto na Unidade dos Correios",
    "19": "A entrega não pode ser efetuada - Endereço incorreto",
    "21": "A entrega não pode ser efetuada - Carteiro não atendido",
    "23": "Objeto devolvido ao remetente",
    "26": "Destinatário não retirou objeto na Unidade dos Correios",
    "33": "A entrega não pode ser efetuada - Destinatário não apresentou documento exigido",
    "36": "Coleta ou entrega de objeto não efetuada",
    "40": "A importação do objeto não foi autorizada pelos órgãos fiscalizadores",
    "42": "Lote de objetos incompleto",
    "48": "Retirada em Unidade dos Correios não autorizada pelo remetente",
    "49": "As dimensões do objeto impossibilitam o tratamento e a entrega",
    "56": "Declaração aduaneira ausente ou incorreta",
}

CODES: Final = {
    **{
        f"{kind} {number}": Code(text="Objeto entregue ao destinatário", is_delivered=True)
        for kind in _KINDS
        for number in _DELIVERED
    },
    **{f"{kind} {number}": Code(text=text, is_returned=True) for kind in _KINDS for number, text in _RETURNED.items()},
    "FC 01": Code(text="Objeto será devolvido por solicitação do remetente", is_returned=True),
    "LDE 00": Code(text="Objeto saiu para entrega ao remetente", is_returned=True),
}


def correios_code(kind: object, number: object) -> str:
    """A code as the table has it: `BDE 01` for BDE and 1, and for BDE and "01"; "" for what is no code."""
    match kind, number:
        case str(), bool() | None | "":
            return kind
        case str(), str() | int():
            return f"{kind} {str(number).zfill(2)}"
        case _:
            return ""


def normal_code(code: str) -> str:
    """A code as the table has it, however it is spelled: `BDE 01` for bde-1 and BDE01."""
    match = _SPELLING.fullmatch(code)
    return code if match is None else correios_code(match[1].upper(), int(match[2]))


def no_tracking(message: object) -> ValueProblem:
    """What is wrong with an object of which the carrier tells no event: what it says instead."""
    said = plain(message) if isinstance(message, str) and message else "the carrier does not say why"
    return ValueProblem(DefectCode.NO_TRACKING, f"has no events: {said}")
