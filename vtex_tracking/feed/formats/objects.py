"""JSON objects of a feed, strictly: one in each line, or all of them in one document."""

from __future__ import annotations

import json
import re
from itertools import chain, count, islice
from typing import TYPE_CHECKING, Final, NamedTuple

from attrs import frozen

from vtex_tracking.errors import FeedError
from vtex_tracking.feed.defects import LINE_PROBLEMS, DefectCode, ValueProblem
from vtex_tracking.feed.entries import TEXT_CHARACTERS_MAX, Entry
from vtex_tracking.feed.formats.decoding import DECODER, JsonObject, check_unicode, flat_objects, too_many_digits

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

    from vtex_tracking.feed.content import Content
    from vtex_tracking.feed.entries import Reading, Shape
    from vtex_tracking.feed.lines import Block, Line

_SPACES: Final = re.compile(r"[ \t\r\n]*")
_GOES_ON: Final = ("{", "[", ",", ":")  # ends of a first line after which its object goes on
_EXPECTED: Final = "one event or invoice"
_OBJECTS_AT_ONCE: Final = 32  # of a document
_HINT: Final = "write one object a line, such as with: jq -c"


class Found(NamedTuple):
    """One object of a feed: its line, or its number in a document; what a defect keeps; the object, or what is wrong."""

    number: int
    text: str
    value: JsonObject
    problem: ValueProblem | None = None


class Objects(NamedTuple):
    """Objects of lines that follow one another, with those lines: nothing is wrong with any of them."""

    number: int  # of the first
    texts: Sequence[str]
    values: Sequence[JsonObject]

    def each(self) -> Iterator[Found]:
        """Each for itself."""
        return map(Found, count(self.number), map(_kept, self.texts), self.values)


def is_json(text: str) -> bool:
    """Whether a text begins as an object or a list of them does."""
    return text.lstrip().startswith(("{", "["))


def read_objects(content: Content, reading: Reading, *, list_key: str = "") -> Iterator[Found]:
    """Yield every object: of JSON Lines each line's, of a document those of its list.

    An object that has a list under `list_key` stands for the objects of that list, also where it is in a list itself. A line that is no object is yielded
    with its problem; FeedError is raised for a document that is not JSON, and for one over `document_bytes_max`.
    """
    for some in read_many_objects(content, reading, list_key=list_key):
        yield from some.each() if isinstance(some, Objects) else some


def read_many_objects(content: Content, reading: Reading, *, list_key: str = "") -> Iterator[Objects | Iterable[Found]]:
    """Yield the same objects, those of many lines at once, and a few of a document, for each may be as long as that."""
    if _is_document(content.first_lines(), list_key):
        found = _read_document(content, reading.name, list_key)
        while some := list(islice(found, _OBJECTS_AT_ONCE)):
            yield some
        return
    for block in content.blocks():
        values = None if list_key or block.fault is not None else flat_objects(block.texts)
        yield _in_lines(block, reading, list_key) if values is None else Objects(block.number, block.texts, values)


def _in_lines(block: Block, reading: Reading, list_key: str) -> Iterator[Found]:
    for line in block.lines():
        if line.fault is None and line.text.isspace():
            reading.tally.blank_lines += 1
        else:
            yield from _in_line(line, list_key)


@frozen(kw_only=True)
class EventsOf:
    """How a layout's objects hold their events. `listed` gives them, or nothing; `missing` says what it means to have none."""

    key: str  # under which they stand
    listed: Callable[[JsonObject], object]
    missing: Callable[[JsonObject], ValueProblem]
    values: Callable[[JsonObject, JsonObject], tuple[object, ...]]  # of an object and one of its events


def read_events(found: Found, layout: EventsOf, *, shape: Shape, events_max: int) -> Iterator[Entry]:
    """Yield one entry for each event of an object; for an object without events, and for what is no object, one."""
    try:
        if found.problem is not None:
            raise found.problem
        events = layout.listed(found.value)
        if not events:
            raise layout.missing(found.value)
        listed = check_events(events, key=layout.key, limit=events_max)
    except ValueProblem as problem:
        yield Entry(found.number, shape, text=found.text, problem=problem)
        return
    for event in listed:
        if isinstance(event, dict):
            yield Entry(found.number, shape, layout.values(found.value, event), text=found.text)
        else:
            odd = ValueProblem(DefectCode.NOT_AN_OBJECT, "has an event that is not an object", field=layout.key)
            yield Entry(found.number, shape, text=found.text, problem=odd)


def _is_document(lines: Sequence[str], list_key: str) -> bool:
    """A feed is a document if it is a list, if its first line does not end an object, or if it is one line with a list.

    Such a line may be longer than one of JSON Lines.
    """
    first = lines[0].strip() if lines else ""
    is_one_list = bool(list_key) and len(lines) == 1 and json.dumps(list_key) in first
    return first.startswith("[") or (first.startswith("{") and (first.endswith(_GOES_ON) or is_one_list))


def _in_line(line: Line, list_key: str) -> list[Found]:
    text = _kept(line.text)  # once: the defects of a line share it
    try:
        value = parse_object(line)
    except ValueProblem as problem:
        return [Found(line.number, text, {}, problem)]
    if not list_key:
        return [Found(line.number, text, value)]
    return [_found(one, number=line.number, text=text) for one in _listed(value, list_key)]


def _kept(text: str) -> str:
    return text[:TEXT_CHARACTERS_MAX].rstrip("\r\n")


def _read_document(content: Content, name: str, list_key: str) -> Iterator[Found]:
    """The objects of a document, or of several one after another, numbered from 1."""
    try:
        found = chain.from_iterable(_listed(value, list_key) for value in _values(content.text()))
        for number, one in enumerate(found, start=1):
            text = json.dumps(one, ensure_ascii=False)[:TEXT_CHARACTERS_MAX]
            yield _found(one, number=number, text=text)
    except json.JSONDecodeError as error:
        raise FeedError(f"{name}:{error.lineno} is not JSON: {error.msg} at character {error.colno}; {_HINT}") from None
    except ValueProblem as problem:
        raise FeedError(f"{name} {problem.problem}; {_HINT}") from None
    except RecursionError:
        raise FeedError(f"{name} is nested too deeply; {_HINT}") from None


def _values(text: str) -> Iterator[object]:
    """The values of a text one after another; of a list each one in it, so that a list is never in memory as a whole.

    Raises JSONDecodeError, RecursionError or ValueProblem.
    """
    at = _after_spaces(text, 0)
    while at < len(text):
        if text[at] == "[":
            at = yield from _values_of_list(text, at)
        else:
            value, at = _decode(text, at)
            yield value
        at = _after_spaces(text, at)


def _values_of_list(text: str, start: int) -> Generator[object, None, int]:
    """The values of a list that starts there; returns where it ends."""
    at = _after_spaces(text, start + 1)
    if text.startswith("]", at):
        return at + 1
    while True:
        value, at = _decode(text, at)
        yield value
        at = _after_spaces(text, at)
        if text.startswith("]", at):
            return at + 1
        if not text.startswith(",", at):
            raise json.JSONDecodeError("Expecting ',' delimiter", text, at)
        at = _after_spaces(text, at + 1)


def _decode(text: str, start: int) -> tuple[object, int]:
    try:
        value, end = DECODER.raw_decode(text, start)
    except json.JSONDecodeError:
        raise
    except ValueError:
        raise too_many_digits() from None
    check_unicode(value, text[start:end])
    return value, end


def _after_spaces(text: str, start: int) -> int:
    match = _SPACES.match(text, start)
    return start if match is None else match.end()


def _listed(value: object, list_key: str) -> Sequence[object]:
    """The objects that a value stands for: those of its list, or itself."""
    listed = inner(value, list_key) if list_key else None
    return listed if isinstance(listed, list) else [value]


def _found(value: object, *, number: int, text: str) -> Found:
    try:
        return Found(number, text, check_object(value, _EXPECTED))
    except ValueProblem as problem:
        return Found(number, text, {}, problem)


def parse_object(line: Line) -> JsonObject:
    """A line is one JSON object, strictly: no NaN, no key twice, no half characters. Raises ValueProblem."""
    if line.fault is not None:
        raise ValueProblem(line.fault, LINE_PROBLEMS[line.fault])
    flat = flat_objects([line.text])
    if flat is not None:
        return flat[0]
    try:
        found = DECODER.decode(line.text)
        check_unicode(found, line.text)
    except json.JSONDecodeError as error:
        if not line.text.endswith(("\n", "\r")):
            problem = "is the last line, and ends in the middle; was the feed still being written?"
            raise ValueProblem(DefectCode.TRUNCATED, problem) from None
        raise ValueProblem(DefectCode.BAD_JSON, f"is not JSON: {error.msg} at character {error.colno}") from None
    except RecursionError:
        raise ValueProblem(DefectCode.TOO_DEEP, f"is nested too deeply; expected {_EXPECTED}") from None
    except ValueError:
        raise too_many_digits() from None
    return check_object(found, _EXPECTED)


def check_object(value: object, expected: str) -> JsonObject:
    """A value is an object. Raises ValueProblem."""
    if isinstance(value, dict):
        return value
    raise ValueProblem(DefectCode.NOT_AN_OBJECT, f"is not an object; expected {expected} in braces")


def check_events(value: object, *, key: str, limit: int) -> list[object]:
    """A value is a list of no more events than one invoice may have. Raises ValueProblem."""
    if not isinstance(value, list):
        raise ValueProblem(DefectCode.BAD_TYPE, "is not a list of events", field=key)
    if len(value) > limit:
        problem = f"has {len(value)} events; at most {limit} are allowed; do they all belong to this invoice?"
        raise ValueProblem(DefectCode.TOO_MANY_EVENTS, problem, field=key)
    return value


def inner(value: object, *keys: str) -> object:
    """What stands under keys one inside another; None where there is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value
