"""The body of an answer, read by its bytes: JSON that means one thing only, or something for people."""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NoReturn

from attrs import field, frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

MESSAGE_CHARACTERS_MAX: Final = 300
TEXT_CHARACTERS_READ: Final = 10 * MESSAGE_CHARACTERS_MAX  # of a long text; the message is taken from these

_TITLE: Final = re.compile(r"<title[^<>]{0,200}>([^<>]+)", re.IGNORECASE)


class Content(StrEnum):
    """What an answer's body is, by its bytes rather than by its label."""

    JSON = "json"
    HTML = "html"
    OTHER = "other"
    EMPTY = "empty"


@frozen(kw_only=True)
class Body:
    """What a body says: a JSON object, if it is one, and a text for people."""

    content: Content
    document: Mapping[str, object] = field(factory=dict)
    words: str = ""

    @property
    def message(self) -> str:
        """Give one line for people."""
        return _message_of(self.document) or clean(self.words)

    def text(self, name: str) -> str | None:
        """Give a text of the object, cleaned; None where there is none or it is blank."""
        return _text(self.document.get(name))


def clean(text: str) -> str:
    """Text from outside becomes one line of at most 300 printable characters."""
    line = text[:TEXT_CHARACTERS_READ]
    if not line.isprintable():
        line = "".join(char if char.isprintable() else " " for char in line)
    return " ".join(line.split())[:MESSAGE_CHARACTERS_MAX]


def read_body(body: bytes, *, content_type: str = "", encoding: str = "") -> Body:
    """Read a body as what its bytes are; one that is compressed, which nobody asked for, says nothing.

    JSON is RFC 8259's, without what Python would take beside it: NaN, and a key given twice.
    """
    if not body.strip():
        return Body(content=Content.EMPTY)
    if encoding.strip().lower() not in ("", "identity"):
        words = f"(a body in the encoding {clean(encoding)[:40]}, which was not asked for)"
        return Body(content=Content.OTHER, words=words)
    try:
        text = body.removeprefix(BOM_UTF8).decode()
        value = _JSON.decode(text)
    except (ValueError, RecursionError):
        return _read_text(body, content_type=content_type)
    return Body(content=Content.JSON, document=value if isinstance(value, dict) else {}, words=text)


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a key is given twice")
    return document


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


_JSON: Final = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_refuse_constant)


def _read_text(body: bytes, *, content_type: str) -> Body:
    text = body.decode("utf-8", errors="replace")
    if "html" not in content_type.lower() and not text.lstrip().lower().startswith(("<!doctype html", "<html")):
        return Body(content=Content.OTHER, words=text)
    title = _TITLE.search(text)
    return Body(content=Content.HTML, words=title[1] if title else text)


def _message_of(document: Mapping[str, object]) -> str:
    """Find the sentence in any of the shapes in which VTEX says what was wrong."""
    match document:
        case {"error": {"message": str(message)}} | {"message": str(message)} | {"error": str(message)}:
            return clean(message)
        case {"title": str(title), "detail": str(detail)}:
            return clean(f"{title}: {detail}")
        case {"title": str(message)} | {"detail": str(message)}:
            return clean(message)
        case _:
            return ""


def _text(value: object) -> str | None:
    return (clean(value) or None) if isinstance(value, str) else None
