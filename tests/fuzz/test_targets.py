"""Every reader under fuzz: inputs made from its own language, and every input that ever broke a rule."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
from attrs import frozen
from fuzz_targets import TARGETS, Target
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vtex_tracking.feed.formats.registry import FORMATS

pytestmark = pytest.mark.unmeasured

CONTRIBUTING: Final = Path(__file__).parents[2] / "CONTRIBUTING.md"
CASES: Final = sorted(path for path in (Path(__file__).parent / "cases").glob("*/*") if path.is_file())


@frozen
class Edit:
    """A piece of an input that is taken out, and what comes in its place."""

    start: int
    removed_bytes: int
    added: bytes

    def of(self, data: bytes) -> bytes:
        start = self.start % (len(data) + 1)
        return data[:start] + self.added + data[start + self.removed_bytes :]


def _inputs(target: Target) -> st.SearchStrategy[bytes]:
    """Seeds with a few edits, and heaps of words between the ends where they may stand."""
    words = st.sampled_from(target.words) | st.binary(max_size=4)
    edits = st.builds(Edit, st.integers(0, 400), st.integers(0, 8), words | st.just(b""))
    heap = st.lists(words, max_size=12).map(b"".join)
    return st.builds(_edited, st.sampled_from(target.seeds), st.lists(edits, max_size=6)) | st.builds(
        lambda frame, inner: frame[0] + inner + frame[1], st.sampled_from(target.frames), heap
    )


def _edited(data: bytes, edits: list[Edit]) -> bytes:
    for edit in edits:
        data = edit.of(data)
    return data


def test_every_format_is_fuzzed() -> None:
    """Under its own name; and who wants to fuzz finds all the names on the page."""
    assert [] == [name for name in FORMATS if name not in TARGETS]
    page = CONTRIBUTING.read_text(encoding="utf-8")
    assert [] == [name for name in TARGETS if f"`{name}`" not in page]


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_no_input_breaks_a_rule(target: Target) -> None:
    """The same checks as under atheris, on inputs that are like what is read."""

    @settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
    @given(_inputs(target))
    def check(data: bytes) -> None:
        target.check(data)

    check()


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_what_fuzzing_begins_with_keeps_the_rules(target: Target) -> None:
    """An input to begin with is one that is read well, or refused well."""
    for seed in target.seeds:
        target.check(seed)


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_every_word_may_stand_anywhere(target: Target) -> None:
    """What chance might miss: each word alone where words may stand."""
    for start, end in target.frames:
        for word in target.words:
            target.check(start + word + end)


@pytest.mark.parametrize("case", CASES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_once_broke_a_rule_keeps_it(case: Path) -> None:
    """An input that fuzzing found stays found."""
    TARGETS[case.parent.name].check(case.read_bytes())
