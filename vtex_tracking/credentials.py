"""The two keys of VTEX, and how a text becomes one without ever being shown."""

from __future__ import annotations

import re
from typing import Final, NoReturn

from attrs import frozen

from vtex_tracking.errors import SettingsError

KEY_CHARACTERS_MIN: Final = 12  # VTEX's own are longer

# What examples and templates put where a key belongs; a real key is a long random word.
_PLACEHOLDER: Final = re.compile(
    r"x{3,}|\*+|\.{3,}|-+|<.*>|\{.*\}|\[.*\]|\$.*|%.*%"
    r"|your[-_ ]?.*|(?:insert|put|paste|replace)[-_].*|change[-_]?(?:me|it|this)"
    r"|placeholder|example|todo|tbd|none|null|undefined",
    re.ASCII | re.IGNORECASE,
)
_PRINTABLE: Final = re.compile(r"[\x21-\x7e]+", re.ASCII)


class Secret:
    """A text that only `reveal` shows: not `str`, `repr`, `format`, attrs, JSON, nor a pickle."""

    # No attrs class: `attrs.asdict` of whatever holds a secret would write it out.
    __slots__ = ("__lower", "__text")

    def __init__(self, text: str) -> None:
        self.__text = text
        self.__lower = text.lower()

    def reveal(self) -> str:
        """Give the text itself; only what is about to write it on the wire asks for it."""
        return self.__text

    def blot_out(self, text: str) -> str:
        """Take the secret, in any case, out of what somebody else wrote, as a page for debugging shows what it was sent.

        One that is too short to be a key stands in many a word, and is left there.
        """
        if len(self.__text) < KEY_CHARACTERS_MIN or (text.isascii() and self.__lower not in text.lower()):
            return text
        return re.sub(re.escape(self.__text), "***", text, flags=re.IGNORECASE)

    def __str__(self) -> str:
        return "***"

    def __repr__(self) -> str:
        return "Secret(***)"

    def __format__(self, _spec: str) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return self.__text == other.reveal() if isinstance(other, Secret) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.__text)

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        raise TypeError("a secret is neither pickled nor copied")


@frozen(kw_only=True)
class Credentials:
    """What VTEX knows a caller by: an application's key and its token."""

    app_key: Secret
    app_token: Secret


def read_secret(text: str, *, name: str) -> Secret:
    """Read a key as printable ASCII without spaces; one newline at its end is forgiven.

    `name` says where the text comes from, such as `VTEX_APP_TOKEN`. Raises SettingsError, which never quotes the text.
    """
    value = text.removesuffix("\n").removesuffix("\r") if text.endswith("\n") else text
    if not value:
        raise SettingsError(f"{name} is empty; set it to the value that VTEX's admin shows for this key")
    if _PRINTABLE.fullmatch(value) is None:
        raise SettingsError(
            f"{name} holds a space, a line break or another character that no key of VTEX has; copy it again, alone on one line"
        )
    if _PLACEHOLDER.fullmatch(value) is not None:
        raise SettingsError(
            f"{name} still holds a placeholder; set it to the value that VTEX's admin shows for this key"
        )
    return Secret(value)
