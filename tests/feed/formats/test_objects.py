"""JSON objects, in lines and in documents."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest
from feed_support import NoJudge
from hypothesis import given, settings
from hypothesis import strategies as st
from memory import taken

from vtex_tracking.errors import FeedError
from vtex_tracking.feed.content import HEAD_BYTES, Content
from vtex_tracking.feed.defects import ValueProblem
from vtex_tracking.feed.entries import Reading
from vtex_tracking.feed.formats.objects import Found, parse_object, read_objects
from vtex_tracking.feed.lines import Line
from vtex_tracking.feed.sources.opened import CHUNK_BYTES
from vtex_tracking.feed.tally import Tally
from vtex_tracking.settings import FeedSettings

OBJECTS: Final[list[dict[str, object]]] = [{"a": 1, "b": {"c": [None, "ã"]}}, {}, {"a": "2"}]
NESTED: Final = '{"a":' * 100_000


def _content(data: bytes | str, **limits: Any) -> tuple[Content, Reading]:
    given_settings, tally = FeedSettings(**limits), Tally()
    data = data.encode() if isinstance(data, str) else data
    chunks = (data[start : start + CHUNK_BYTES] for start in range(0, max(len(data), 1), CHUNK_BYTES))
    content = Content(chunks, name="feed", settings=given_settings, tally=tally)
    return content, Reading(name="feed", settings=given_settings, tally=tally, judge=NoJudge())


def _read(data: bytes | str, *, list_key: str = "", **limits: Any) -> list[Found]:
    return list(read_objects(*_content(data, **limits), list_key=list_key))


def _values(data: bytes | str, *, list_key: str = "", **limits: Any) -> list[dict[str, object]]:
    return [found.value for found in _read(data, list_key=list_key, **limits)]


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_objects_are_found_in_every_arrangement(indent: int | None, encoding: str) -> None:
    """One a line, one after another over several lines, and in a list."""
    one_by_one = "\n".join(json.dumps(one, indent=indent, ensure_ascii=False) for one in OBJECTS)
    listed = json.dumps(OBJECTS, indent=indent, ensure_ascii=False)
    assert [OBJECTS, OBJECTS] == [_values(text.encode(encoding)) for text in (one_by_one, listed)]


@pytest.mark.parametrize("indent", [None, 2])
def test_an_object_with_a_list_stands_for_what_is_in_it(indent: int | None) -> None:
    """As an API answers; several answers may follow each other."""
    text = json.dumps({"quantity": 3, "items": OBJECTS}, indent=indent)
    assert OBJECTS == _values(text, list_key="items")
    assert OBJECTS * 2 == _values(f"{text}\n{text}\n", list_key="items")
    assert [{"items": 1}] == _values('{"items": 1}', list_key="items")


def test_answers_in_a_list_stand_for_what_is_in_them() -> None:
    """As they do one after another, or line by line."""
    answers = [{"items": OBJECTS}, {"a": 3}, {"items": []}, {"items": OBJECTS}]
    assert [*OBJECTS, {"a": 3}, *OBJECTS] == _values(json.dumps(answers), list_key="items")


def test_a_list_in_one_line_may_be_longer_than_a_line() -> None:
    """For that is how an API answers."""
    text = json.dumps({"items": OBJECTS})
    assert OBJECTS == _values(text, list_key="items", line_bytes_max=20)


def test_numbers_are_lines_or_places_in_the_document() -> None:
    """Whichever of them a person can find."""
    assert [2, 3, 3] == [found.number for found in _read('\n{}\n{"items":[{},{}]}\n', list_key="items")]
    assert [1, 2, 3] == [found.number for found in _read("[\n{},\n\n{},{}]")]


def test_what_is_kept_of_an_object_is_the_object() -> None:
    """So that it can be mended and fed back, without the rest of the document."""
    assert ['{"a": "ã"}', "{}"] == [found.text for found in _read('[{"a":"ã"},{}]')]
    assert ['{"a":"ã"}', "{}"] == [found.text for found in _read('{"a":"ã"}\r\n{}\n')]


def test_a_line_that_is_no_object_leaves_the_others_alone() -> None:
    """Each has its own problem."""
    found = _read('{}\n{"a":NaN}\n[1]\n{"a":1,"a":2}\n{"a":\n')
    codes = [one.problem.code if one.problem else "" for one in found]
    assert ["", "bad_number", "not_an_object", "duplicate_key", "bad_json"] == codes


def test_a_value_in_a_list_that_is_no_object_leaves_the_others_alone() -> None:
    """A list of a document can be read around it."""
    codes = [found.problem.code if found.problem else "" for found in _read('[{}, 1, "a", [], null, {}]')]
    assert ["", *["not_an_object"] * 4, ""] == codes


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[{"a": 1},\n{"a" 2}]', "feed:2 is not JSON: Expecting ':' delimiter at character 6; write one object a line"),
        ('[{"a": 1},', "feed:1 is not JSON: Expecting value at character 11; write one object a line"),
        ("{\n", "feed:2 is not JSON: Expecting property name"),
        ("[{}] x", "feed:1 is not JSON: Expecting value at character 6"),
        ("[{},\n{}", "feed:2 is not JSON: Expecting ',' delimiter at character 3"),
        ("[{}\n{}]", "feed:2 is not JSON: Expecting ',' delimiter at character 1"),
        ("[{}\n,]", "feed:2 is not JSON: Expecting value at character 2"),
        ('[{"a": NaN}]', "feed holds NaN, which is not JSON; write one object a line, such as with: jq -c"),
        ('[{"a": 1, "a": 2}]', 'feed has the key "a" twice; write'),
        (r'[{"a": "\ud800"}]', "feed holds half of a surrogate pair"),
        (f'[{{"a": {"9" * 5000}}}]', "feed holds a number of thousands of digits"),
        (f"[{NESTED}", "feed is nested too deeply"),
        ("[\0]", "feed:1 holds a NUL"),
    ],
)
def test_a_document_that_is_not_json_stops_the_feed(text: str, problem: str) -> None:
    """For nobody can say where its next object begins."""
    with pytest.raises(FeedError) as caught:
        _read(text)
    assert problem in str(caught.value)


def test_a_document_in_no_encoding_stops_the_feed() -> None:
    """With the line that cannot be read."""
    with pytest.raises(FeedError, match="feed:2 is no text in the feed's encoding"):
        _read(b'[{},\n{"a":"\x81"}]')


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
@pytest.mark.parametrize("before", range(-3, 3))
def test_a_long_document_is_the_same_wherever_it_is_cut(end: str, before: int) -> None:
    """Its lines are told apart piece by piece; an end of a line of two characters is one wherever a piece ends."""
    start = "[" + " " * (CHUNK_BYTES + before)
    assert [{}, {}] == _values(f"{start}{end}{{}},{end}{' ' * CHUNK_BYTES}{{}}]")
    with pytest.raises(FeedError, match="feed:3 holds a NUL"):
        _read(f"{start}{end}{{}},{end}\0]")


@pytest.mark.parametrize("head_bytes", [HEAD_BYTES, HEAD_BYTES + 1, HEAD_BYTES + 2])
def test_a_long_document_may_be_in_utf_16(head_bytes: int) -> None:
    """Its beginning, by which it is judged, may end inside a character."""
    data = f'[{{"a":"{"x" * HEAD_BYTES}"}},{{}}]'.encode("utf-16-le")
    settings_, tally = FeedSettings(encoding="utf-16-le"), Tally()
    content = Content(iter([data[:head_bytes], data[head_bytes:]]), name="feed", settings=settings_, tally=tally)
    reading = Reading(name="feed", settings=settings_, tally=tally, judge=NoJudge())
    assert 2 == len(list(read_objects(content, reading)))


def test_a_document_has_a_limit() -> None:
    """It is held whole; one object a line needs no limit."""
    text = json.dumps(OBJECTS)
    assert OBJECTS == _values(text, document_bytes_max=len(text))
    with pytest.raises(FeedError, match=r"more than 20 bytes \(document_bytes_max\); write one object a line.*jq -c"):
        _read(text, document_bytes_max=20)
    assert OBJECTS == _values("\n".join(map(json.dumps, OBJECTS)), document_bytes_max=1)


@pytest.mark.parametrize("text", [f"[{','.join(['{}'] * 50_000)}]", "[" + "\r\n" * 500_000 + "]"])
def test_neither_the_objects_of_a_document_nor_its_lines_are_in_memory_together(text: str) -> None:
    """Its text is; objects would take 24 times that, and short lines 100 times."""
    content, reading = _content(text)
    count, peak_bytes = taken(read_objects(content, reading))
    assert text.count("{") == count
    assert peak_bytes < 16 * len(text)


@pytest.mark.parametrize("depth", range(900, 1000, 3))
def test_no_depth_is_a_fault_of_ours(depth: int) -> None:
    """Also just below where Python gives up."""
    try:
        found = _read("[" + '{"a":' * depth + "1" + "}" * depth + "]")
    except FeedError as error:
        assert "nested too deeply" in str(error)  # noqa: PT017 - either is right
    else:
        assert [None] == [one.problem for one in found]


@settings(max_examples=40, deadline=None)
@given(
    objects=st.lists(st.dictionaries(st.text(max_size=4), st.none() | st.integers() | st.text(max_size=9)), min_size=1),
    indent=st.sampled_from([None, 0, 4]),
    is_ascii=st.booleans(),
)
def test_objects_written_are_read_back(*, objects: list[dict[str, object]], indent: int | None, is_ascii: bool) -> None:
    """Whoever wrote them."""
    text = json.dumps(objects, indent=indent, ensure_ascii=is_ascii)
    assert objects == _values(text)
    assert objects == _values("\n".join(json.dumps(one, ensure_ascii=is_ascii) for one in objects))


PARTS: Final = st.lists(
    st.sampled_from(
        [
            '"a"',
            '"b"',
            '"\\""',
            '"\\u00e3"',
            '"\\ud800"',
            ":",
            ":",
            ",",
            ",",
            "{",
            "}",
            "[]",
            "1",
            "NaN",
            "true",
            " ",
            "x",
        ]
    ),
    max_size=12,
).map("".join)
PAIRS: Final = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", '\\"']), st.sampled_from(['"x"', '"{"', "1", "[]", '{"c":1,"c":2}', "{}", "NaN"])
    ),
    max_size=4,
).map(lambda pairs: ",".join(f'"{key}":{value}' for key, value in pairs))


@given(
    text=st.lists(
        st.sampled_from(["{}", "{", "}", "[", "]", ",", ",", " ", "\n", '{"a":[1]}', "1", "null", "x"]), max_size=9
    )
    .map("".join)
    .map("[{}".format)
)
def test_a_list_is_one_for_us_where_it_is_one_for_others(text: str) -> None:
    """The library's own reader is the judge of what is a list, and of where one ends to be one."""
    try:
        expected = json.loads(text)
    except json.JSONDecodeError as error:
        # Several values may follow one another; and a comma too many is where later versions of Python say that it is.
        if error.msg.startswith(("Extra data", "Illegal trailing comma")):
            return
        with pytest.raises(FeedError, match=f"feed:{error.lineno} is not JSON: .* at character {error.colno};"):
            _read(text)
    else:
        assert [one if isinstance(one, dict) else {} for one in expected] == _values(text)


@given(text=st.one_of(PARTS, PAIRS), end=st.sampled_from(["\n", "\r\n", "", " ", " x\n"]))
def test_an_object_in_a_line_is_read_as_strictly_as_any(text: str, end: str) -> None:
    """The same object inside of spaces, where none is taken for a simple one, has the same value or problem."""
    simple, closely = (_parsed(f"{start}{{{text}}}{end}") for start in ("", " "))
    assert closely == simple


LINES: Final = st.lists(
    st.sampled_from(
        [
            '{"a":"x"}', '{"a":1,"b":null}', "{}", '{"a":[1', '{"b":2}]},3', '{"a":1},2', '{"a":"', '{","b":1}', "2]}", "[1]", " {}", "",
            '{"a":1,"a":2}', '{"a":["x"]}', r'{"a":"\"","a":1}', r'{"a":"\u00e3"}', r'{"a":"\ud800"}', '{"a":NaN}', '{"a":"{"}', '{"a":{}}',
        ]
    ),
    min_size=1, max_size=4,
)  # fmt: skip


@given(
    lines=st.lists(st.sampled_from(['{"a":"x"}', '{"b":1}']), max_size=2).flatmap(
        lambda first: LINES.map(lambda more: [*first, *more])
    ),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_lines_read_at_once_are_what_each_is_by_itself(lines: list[str], end: str) -> None:
    """Whatever stands in the lines beside it."""
    text = "\n" + "".join(line + end for line in lines)
    at_once = [(one.value, one.problem and one.problem.code) for one in _read("{}" + text)[1:]]
    parsed = [_parsed(line + end) for line in lines if line]
    assert [(value or {}, code or None) for value, code in parsed] == at_once


@pytest.mark.parametrize(
    "lines",
    [
        ['{"a":[1', '{"b":2}]},3'],  # one object in two lines, and a number: as many values as lines
        ['{"a":[1', '{"b":2}]},{"c":3}'],
        ['{"a":[1', '{}]},{"c":3}'],
        ['{"a":[1', "{}]}"],
        ['{"a":1},{"b":[1', "2]}"],
        ['{"a":1},2'],
        ['{"a":1}],[1'],
        ['{"a":"x"}', '{"a":1,"a":"2"}'],
        ['{"a":"x"}', '{"a":"{"}'],
        ['{"a":"x"}', r'{"a":"\ud800"}'],
        ['{"a":"x"}', '{"a":-Infinity}'],
        ['{"a":"x"}', f'{{"a":{"[" * 100_000}}}'],
        ['{"a":"x"}', f'{{"a":{"9" * 5000}}}'],
    ],
)
def test_lines_that_only_look_like_objects_together_are_none(lines: list[str]) -> None:
    """Each is judged as if it stood alone."""
    expected = [_parsed(f"{line}\n") for line in lines]
    found = [(one.value, one.problem) for one in _read("".join(f"{line}\n" for line in lines))]
    assert [(value or {}, code) for value, code in expected] == [
        (value, "" if problem is None else problem.code) for value, problem in found
    ]


def test_lines_read_at_once_keep_their_numbers_and_texts() -> None:
    """Also behind others that are not read so."""
    found = _read('{"a":1}\n{"a":"2"}\r\n\n{"a":{}}\n')
    assert [(1, '{"a":1}'), (2, '{"a":"2"}'), (4, '{"a":{}}')] == [(one.number, one.text) for one in found]
    found = _read('{"a":1}\n{"a":"2"}\r\n')
    assert [(1, '{"a":1}'), (2, '{"a":"2"}')] == [(one.number, one.text) for one in found]


def test_lines_of_which_one_has_an_odd_byte_keep_their_numbers() -> None:
    """Then each of them is a block of its own."""
    found = _read(b'{"a":1}\n{"a":"\xe3"}\n{"a":2}\n')
    assert [(1, 1), (2, "ã"), (3, 2)] == [(one.number, one.value["a"]) for one in found]


def test_a_line_with_a_fault_is_no_object() -> None:
    """Even where what is kept of it would be one."""
    [found] = _read("{}" + " " * 300, line_bytes_max=200)
    assert found.problem is not None
    assert "line_too_long" == found.problem.code


def test_a_list_in_a_line_is_taken_apart_however_simple() -> None:
    """Each of its values is judged for itself."""
    found = _read('{}\n{"items":[1,2]}\n', list_key="items")
    assert [True, False, False] == [one.problem is None for one in found]


def _parsed(text: str) -> tuple[object, str]:
    try:
        return parse_object(Line(1, text)), ""
    except ValueProblem as problem:
        return None, problem.code
