"""JSON as strict as it is written down: no NaN, no key twice, no half of a character."""

from __future__ import annotations

import json
import re
from collections import Counter
from itertools import chain
from typing import Final, NoReturn, TypeAlias

from vtex_tracking.feed.defects import DefectCode, ValueProblem, show

JsonObject: TypeAlias = dict[str, object]

_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")


def flat_objects(texts: list[str]) -> list[JsonObject] | None:
    """The objects that lines are, each if it has no other inside and no key twice; None where that takes a closer look.

    There are as many braces as lines, one where each line begins. Were one of them inside of an object or a text, there
    would be fewer objects than lines. Each key and each text stands between two quotes. Were a key there twice, there would
    be more of them.
    """
    text = ",".join(texts)
    if not text.count("{") == len(texts) == text.count("\n,{") + 1 or _may_be_half(text):
        return None
    try:
        found: list[JsonObject] = _QUICK_DECODER.decode(f"[{text}]")
    except (ValueError, ValueProblem, RecursionError):
        return None
    if list(map(type, found)) != [dict] * len(texts):
        return None
    kinds = list(map(type, chain.from_iterable(map(dict.values, found))))
    quoted = sum(map(len, found)) + kinds.count(str)
    return found if text.count('"') == 2 * quoted else None


def check_unicode(found: object, text: str) -> None:
    """What was found in a text holds whole characters. Raises ValueProblem."""
    if not _may_be_half(text):
        return
    try:
        json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise ValueProblem(DefectCode.BAD_UNICODE, "holds half of a surrogate pair, which is no character") from None


def _may_be_half(text: str) -> bool:
    """Whether a text holds surrogates: a pair of them is a character, and half of one is none."""
    return "\\u" in text and _SURROGATE.search(text) is not None


def too_many_digits() -> ValueProblem:
    """Tell what Python refuses to read."""
    return ValueProblem(DefectCode.BAD_NUMBER, "holds a number of thousands of digits")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueProblem(DefectCode.BAD_NUMBER, f"holds {name}, which is not JSON")


def _unique(pairs: list[tuple[str, object]]) -> JsonObject:
    found = dict(pairs)
    if len(found) < len(pairs):
        [(twice, _)] = Counter(key for key, _ in pairs).most_common(1)
        raise ValueProblem(DefectCode.DUPLICATE_KEY, f"has the key {show(twice)} twice")
    return found


DECODER: Final = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse_constant)
_QUICK_DECODER: Final = json.JSONDecoder(parse_constant=_refuse_constant)  # of a key twice, it keeps the last
