"""XML from whoever is read in bounded memory, or refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from attrs import define, field

from vtex_tracking.feed.formats.markup import MarkupError, parse

if TYPE_CHECKING:
    from collections.abc import Mapping


@define
class Said:
    """Keeps what it is told."""

    told: list[str] = field(factory=list)

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        self.told.append(f"<{name} {dict(attributes)}" if attributes else f"<{name}")

    def end(self, name: str) -> None:
        self.told.append(f"/{name}")

    def data(self, text: str) -> None:
        self.told.append(text)


def told(document: str | bytes, *, chunk_bytes: int = 1000) -> list[str]:
    data = document.encode() if isinstance(document, str) else document
    said = Said()
    for _ in parse([data[start : start + chunk_bytes] for start in range(0, len(data), chunk_bytes)], said):
        pass
    return said.told


@pytest.mark.parametrize("chunk_bytes", [1, 7, 1000])
def test_elements_come_by_their_names_without_prefix(chunk_bytes: int) -> None:
    """Attributes too; in whatever chunks the document comes."""
    document = '<x:a xmlns:x="u" x:id="1"><b/></x:a>'
    assert ["<a {'x': 'u', 'id': '1'}", "<b", "/b", "/a"] == told(document, chunk_bytes=chunk_bytes)


def test_text_comes_as_it_is_declared() -> None:
    """And what stands for a character is that character."""
    document = '<?xml version="1.0" encoding="iso-8859-1"?><a>S\xe3o &amp; &#xE3;</a>'.encode("latin-1")
    assert ["<a", "São & ã", "/a"] == told(document)


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "a document type"),
        ("<a>" * 101, "nested too deeply"),
        ("<a>" + "".join(f"<b{number}/>" for number in range(2001)) + "</a>", "too many names"),
        ("<a " + " ".join(f"b{number}=''" for number in range(2001)) + "/>", "too many names"),
        (f"<a><!--{'x' * (2 << 20)}--></a>", "a tag without an end"),
        ("<a>", "no element found"),
        ("<a></b>", "mismatched tag"),
        ('<?xml version="1.0" encoding="klingon"?><a/>', "unknown encoding"),
        ("<a>&b;</a>", "undefined entity"),
        ("", "no element found"),
    ],
)
def test_what_may_hold_anything_is_refused(document: str, problem: str) -> None:
    """A document type is where entities are; all that a parser keeps has a limit."""
    with pytest.raises(MarkupError, match=problem):
        told(document, chunk_bytes=64 << 10)
