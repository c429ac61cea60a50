"""`results.jsonl`: one object per invoice, for programs."""

from __future__ import annotations

from json.encoder import encode_basestring as quoted
from typing import TYPE_CHECKING, Any, Final

from vtex_tracking.model import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from vtex_tracking.report.block import Block

_FIRST, *_OTHERS = Outcome._fields
_LEADS: Final = (f'{{"{_FIRST}":', *(f',"{name}":' for name in _OTHERS))


def json_lines(outcomes: Block) -> str:
    """A line has the fields of `Outcome`, in its order, every one of them."""
    return outcomes.lines(leads=_LEADS, end="}\n", texts=_texts)


def _texts(column: Sequence[object]) -> Iterable[str]:
    kind, *others = set(map(type, column))
    return map(_text if others else _TEXTS.get(kind, _text), column)


def _text(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return quoted(value)
        case _:
            return str(value)


_TEXTS: Final[dict[type, Callable[[Any], str]]] = {str: quoted, int: str}  # of most, at a third of the time
