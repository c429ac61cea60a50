"""Rules that say which requests go wrong, and how."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Any, Final

from attrs import Attribute, field, frozen
from attrs.validators import optional

from vtex_tracking.errors import SettingsError
from vtex_tracking.sandbox import values


class Ending(StrEnum):
    """How an exchange ends: as HTTP means it, or in one of the ways in which networks break it."""

    ANSWER = "answer"
    CUT_BODY = "cut_body"  # half of the body that Content-Length announced, then the end of the stream
    CLOSE = "close"  # the end of the stream instead of an answer
    RESET = "reset"  # a reset of the connection instead of an answer
    SILENCE = "silence"  # nothing, until the client leaves

    @property
    def is_answered(self) -> bool:
        """Only these two give the client a status."""
        return self in {Ending.ANSWER, Ending.CUT_BODY}


def _is(read: Callable[[object], object]) -> Callable[[object, Attribute[Any], object], None]:
    """A field of a rule made in Python holds to what is asked of the file's."""

    def check(_rule: object, attribute: Attribute[Any], value: object) -> None:
        try:
            read(value)
        except ValueError as error:
            raise ValueError(f"{attribute.name}: {error}") from None

    return check


_Headers = Mapping[str, str | tuple[str, ...]]


@frozen(kw_only=True)
class FaultRule:
    """A request goes wrong when all conditions of a rule hold; of several rules, the first decides.

    Conditions: `methods`; `orders` and `invoices` (globs); `attempts` (which requests for the same invoice); a `share` of
    them, drawn from `seed`; of the requests that meet those, only what comes `after` so many, and `every` n-th; at most so
    many `times`.

    What happens: a `status`, `headers` and a `body` of its own (`is_html` gives it a page's type), after a delay, with an
    ending. `is_applied` says whether the update takes effect all the same; None leaves that to the rest: the
    sandbox's own answer, late, cut or with other headers, is of an update that took effect, anything else is not.

    Raises ValueError for a value out of its range, and for a rule that does nothing or contradicts itself.
    """

    methods: tuple[str, ...] = field(default=("PUT",), validator=_is(values.several(values.method)))
    orders: tuple[str, ...] = field(default=("*",), validator=_is(values.several(values.text)))
    invoices: tuple[str, ...] = field(default=("*",), validator=_is(values.several(values.text)))
    attempts: tuple[int, ...] | None = field(default=None, validator=optional(_is(values.several(values.count))))
    after: int | None = field(default=None, validator=optional(_is(values.count)))
    every: int | None = field(default=None, validator=optional(_is(values.count)))
    share: float | None = field(default=None, validator=optional(_is(values.share)))
    seed: int = field(default=0, validator=_is(values.whole))
    times: int | None = field(default=None, validator=optional(_is(values.count)))

    status: int | None = field(default=None, validator=optional(_is(values.status)))
    headers: _Headers = field(factory=dict, validator=_is(values.headers))
    body: str | None = field(default=None, validator=optional(_is(values.text)))
    is_html: bool = field(default=False, validator=_is(values.flag))
    delay_s: float = field(default=0.0, validator=_is(values.pause_s))
    ending: Ending = Ending.ANSWER
    is_applied: bool | None = field(default=None, validator=optional(_is(values.flag)))

    def __attrs_post_init__(self) -> None:
        problems = tuple(self._contradictions())
        if problems:
            raise ValueError("; ".join(problems))

    @property
    def has_own_answer(self) -> bool:
        """Whether the answer is the rule's, and not the one that the sandbox would give."""
        return self.status is not None or self.body is not None or self.is_html

    @property
    def takes_effect(self) -> bool:
        """Whether an update is applied although the rule decides on its request."""
        if self.is_applied is None:
            return self.ending.is_answered and not self.has_own_answer
        return self.is_applied

    def _contradictions(self) -> Iterator[str]:
        is_shaped = self.has_own_answer or bool(self.headers)
        is_broken = self.ending is not Ending.ANSWER or self.is_applied is False
        if not is_shaped and not is_broken and not self.delay_s:
            yield "the rule says nothing to do: expected status, headers, body, html, delay, an ending, or apply = false"
        if not self.ending.is_answered and is_shaped:
            yield f"{self.ending} gives no answer: leave out status, headers, body and html"
        if self.share is None and self.seed:
            yield "seed without share"


@frozen
class _Key:
    """A key of the file: which field of a rule it fills, and how it is read."""

    field: str
    read: Callable[[object], object]


_FIELDS: Final = {
    "methods": _Key("methods", values.several(values.method)),
    "orders": _Key("orders", values.several(values.text)),
    "invoices": _Key("invoices", values.several(values.text)),
    "attempts": _Key("attempts", values.several(values.count)),
    "after": _Key("after", values.count),
    "every": _Key("every", values.count),
    "share": _Key("share", values.share),
    "seed": _Key("seed", values.whole),
    "times": _Key("times", values.count),
    "status": _Key("status", values.status),
    "headers": _Key("headers", values.headers),
    "body": _Key("body", values.text),
    "html": _Key("is_html", values.flag),
    "delay": _Key("delay_s", values.duration_s),
    "apply": _Key("is_applied", values.flag),
}
_ENDINGS: Final = ("reset", "close", "cut_body", "silence")
KEYS: Final = (*_FIELDS, *_ENDINGS)


def read_faults(text: str, *, name: str) -> tuple[FaultRule, ...]:
    """Read a TOML list of `[[fault]]` rules, in the order in which they decide; docs/sandbox.md lists the keys.

    Raises SettingsError that names every problem of every rule.
    """
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # an integer or a nesting beyond Python's own limits
        raise SettingsError(f"{name} is not TOML: {error}") from None
    match document:
        case {"fault": [dict(), *_] as tables, **others} if not others:
            readings = [_read_rule(table) for table in tables]
        case _:
            raise SettingsError(f"{name}: expected one or more [[fault]] tables and nothing else")
    problems = [
        f"{name}: fault {number}: {problem}"
        for number, reading in enumerate(readings, start=1)
        if not isinstance(reading, FaultRule)
        for problem in reading.problems
    ]
    if problems:
        raise SettingsError("\n".join(problems))
    return tuple(reading for reading in readings if isinstance(reading, FaultRule))


@frozen
class _BadRule:
    problems: tuple[str, ...]


def _read_rule(table: dict[str, object]) -> FaultRule | _BadRule:
    """The values are judged one by one; only when all are right, what they say together."""
    fields: dict[str, Any] = {}
    problems = []
    for key, value in table.items():
        try:
            fields |= _read_key(key, value)
        except ValueError as error:
            problems.append(f"{key}: {error}")
    endings = [key for key in _ENDINGS if table.get(key, False) is not False]
    if len(endings) > 1:
        problems.append(f"{' and '.join(endings)} exclude each other")
    if "reset" in table and "apply" in table:
        problems.append('apply: reset = "before" or "after" says it already')
    if problems:
        return _BadRule(tuple(problems))
    try:
        return FaultRule(**fields)
    except ValueError as error:
        return _BadRule((str(error),))


def _read_key(key: str, value: object) -> dict[str, object]:
    """The fields of a rule that one key of the file fills."""
    match key:
        case "reset":
            return {"ending": Ending.RESET, "is_applied": values.moment(value) == "after"}
        case "close" | "cut_body" | "silence":
            return {"ending": Ending(key)} if values.flag(value) else {}
        case _ if key in _FIELDS:
            return {_FIELDS[key].field: _FIELDS[key].read(value)}
        case _:
            raise ValueError(f"no such key; expected one of {', '.join(KEYS)}")
