"""A feed's name as a URL: which ones can be read, and how one is shown without what is secret in it."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from attrs import field, frozen

from vtex_tracking.errors import FeedError
from vtex_tracking.feed.defects import escaped

if TYPE_CHECKING:
    from re import Match

WEB: Final = ("https", "http")
_SCHEMES: Final = ("s3", "sftp", "https", "gs", "az", "http")
_URL: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(?:([^/?#]*)@)?([^/?#]*)(.*)", re.DOTALL)
_PLACE: Final = re.compile(r"([\w.-]+|\[[0-9A-Fa-f:.]+\])(?::(\d{1,5}))?", re.ASCII)
_PATTERN: Final = re.compile(r"[*?\[]")


@frozen(kw_only=True)
class Url:
    """Where a remote feed lies. `host` is a bucket or a container where the scheme has no hosts."""

    scheme: str
    user: str
    host: str
    port: int | None
    path: str  # as it is written, from its first slash on
    query: str = field(repr=False)  # of the web alone; a signed address has its signature there

    @property
    def is_pattern(self) -> bool:
        """Whether it stands for the files that match it; the web has no patterns."""
        return self.scheme not in WEB and _PATTERN.search(self.path) is not None

    @property
    def origin(self) -> str:
        """All before the path, without the user."""
        return f"{self.scheme}://{self.host}" + ("" if self.port is None else f":{self.port}")

    @property
    def shown(self) -> str:
        """The URL as it may be shown anywhere: without user and query."""
        return escaped(self.origin + self.path)

    def at(self, path: str) -> str:
        """The name of another file in the same place."""
        user = f"{self.user}@" if self.user else ""
        return f"{self.scheme}://{user}{self.origin.partition('://')[2]}{path}"


def url_of(name: str) -> Url | None:
    """A name with `://` is a URL; None for any other. Raises FeedError for one that is not read, and never quotes it."""
    match = _URL.fullmatch(name)
    if match is None:
        return None
    scheme = match[1].lower()
    if scheme not in _SCHEMES:
        raise FeedError(f"{escaped(scheme)}:// is not read; expected {', '.join(f'{one}://' for one in _SCHEMES[:-1])}")
    user = match[2] or ""
    if ":" in user:
        raise FeedError(
            f"a feed's {scheme}:// name has a password in it, which every user of this machine can see; "
            "take it out, and put it where docs/feeds.md says"
        )
    place = _PLACE.fullmatch(match[3])
    if place is None:
        raise FeedError(
            f"a feed's {scheme}:// name has no host or bucket that can be read; expected {scheme}://host/path"
        )
    if scheme == "http" and not _is_loopback(place[1]):
        raise FeedError(f"{escaped(match[3])}: feeds travel over plain http only on loopback; use https://")
    return _made(match, place)


def shown_name(name: str) -> str:
    """A feed's name as it may be shown anywhere; of a URL that is not read, only its scheme."""
    try:
        url = url_of(name)
    except FeedError:
        return escaped(name.partition("://")[0]) + "://"
    return escaped(name) if url is None else url.shown


def _made(match: Match[str], place: Match[str]) -> Url:
    scheme = match[1].lower()
    path, query = match[4], ""
    if scheme in WEB:
        path, _, query = path.partition("#")[0].partition("?")
    port = None if place[2] is None else int(place[2])
    return Url(scheme=scheme, user=match[2] or "", host=place[1], port=port, path=path, query=query)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
