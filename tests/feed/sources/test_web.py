"""Feeds from the web: whole or refused, and a password for one host only."""

from __future__ import annotations

from base64 import b64encode
from time import monotonic
from typing import TYPE_CHECKING, Final

import pytest
from web_support import AUTHORITY, Page, web_server

from vtex_tracking.errors import FeedError, InterruptedRunError
from vtex_tracking.feed import expand_feeds
from vtex_tracking.feed.sources.source import Source
from vtex_tracking.settings import FeedSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from web_support import Web

SETTINGS: Final = FeedSettings(remote_timeout_s=10.0)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user who has no passwords yet."""
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def web() -> Iterator[Web]:
    """A server without TLS."""
    with web_server() as server:
        yield server


def _read(name: str, settings: FeedSettings = SETTINGS) -> bytes:
    return b"".join(chunk for member in Source(name, settings=settings).members() for chunk in member.chunks)


def test_a_page_is_read(web: Web) -> None:
    """As it is named, with its query, and characters that no URL has are encoded."""
    web.pages["/in/caf%C3%A9%20a.csv?part=1*&x=%20"] = Page(body=b"abc")
    name = f"{web.url}/in/café a.csv?part=1*&x=%20"
    assert (name,) == expand_feeds([name])
    source = Source(name, settings=SETTINGS)
    ((shown, data),) = [(member.name, b"".join(member.chunks)) for member in source.members()]
    assert (f"{web.url}/in/café a.csv", b"abc") == (shown, data)
    assert (3, 3, False) == (source.size_bytes, source.bytes_read, source.is_changed)
    assert [("/in/caf%C3%A9%20a.csv?part=1*&x=%20", None)] == web.asked


def test_a_page_may_keep_its_size_to_itself(web: Web) -> None:
    """Then it ends where it ends."""
    web.pages["/feed"] = Page(body=b"abc", headers={"Content-Length": "many"})
    source = Source(f"{web.url}/feed", settings=SETTINGS)
    assert b"abc" == b"".join(chunk for member in source.members() for chunk in member.chunks)
    assert source.size_bytes is None


def test_a_page_that_breaks_off_is_no_feed(web: Web) -> None:
    """Half of it would look like a whole one."""
    web.pages["/feed"] = Page(body=b"abc", promised_bytes=4)
    with pytest.raises(FeedError, match="broke off after 3 of 4 bytes"):
        _read(f"{web.url}/feed")


@pytest.mark.parametrize(
    ("status", "problem"),
    [
        (404, "does not exist"),
        (410, "does not exist"),
        (401, "access is denied"),
        (403, "access is denied"),
        (503, "answered 503 Service Unavailable"),
        (799, "answered 799;"),
        (204, "answered 204 No Content"),
    ],
)
def test_any_answer_but_200_is_no_feed(web: Web, status: int, problem: str) -> None:
    """The message says what to do, and nothing of a signature."""
    web.pages["/feed?signature=5ecret"] = Page(status=status)
    with pytest.raises(FeedError, match=problem) as refused:
        _read(f"{web.url}/feed?signature=5ecret")
    assert "5ecret" not in str(refused.value)


def test_a_password_goes_to_the_host_that_it_is_for(web: Web, home: Path) -> None:
    """It is taken from .netrc, for the user that the URL names if it does, and is not taken along by a redirect."""
    web.pages["/feed"] = Page(status=302, headers={"Location": "/there"})
    web.pages["/there"] = Page(body=b"abc")
    netrc = home / ".netrc"
    netrc.write_text("machine 127.0.0.1 login carrier password open\ndefault login any password all", encoding="utf-8")
    netrc.chmod(0o600)
    basic = f"Basic {b64encode(b'carrier:open').decode()}"
    assert b"abc" == _read(f"{web.url}/feed")
    assert [("/feed", basic), ("/there", None)] == web.asked
    _read(f"{web.url.replace('//', '//carrier@')}/there")
    _read(f"{web.url.replace('//', '//somebody@')}/there")
    _read(f"{web.url.replace('127.0.0.1', 'localhost')}/there")
    assert [basic, None, None] == [authorization for _path, authorization in web.asked[2:]]


@pytest.mark.parametrize(
    ("target", "problem"),
    [
        ("http://192.0.2.1/feed", "what is not https"),
        ("ftp://127.0.0.1/feed", "what is not https"),
        ("file:///etc/passwd", "answered 302"),
        ("s3://a/b", "answered 302"),
    ],
)
def test_a_redirect_leads_to_https_only(web: Web, target: str, problem: str) -> None:
    """Wherever else it points, nothing is asked there."""
    web.pages["/feed"] = Page(status=302, headers={"Location": target})
    with pytest.raises(FeedError, match=problem):
        _read(f"{web.url}/feed")


def test_a_certificate_must_be_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the system, or by SSL_CERT_FILE; and from there no redirect leads to plain http."""
    monkeypatch.setenv("NO_PROXY", "*")
    with web_server(is_tls=True) as web:
        web.pages["/feed"] = Page(body=b"abc")
        web.pages["/down"] = Page(status=301, headers={"Location": "http://127.0.0.1:9/feed"})
        with pytest.raises(FeedError, match="certificate is not trusted"):
            _read(f"{web.url}/feed")
        monkeypatch.setenv("SSL_CERT_FILE", str(AUTHORITY))
        assert b"abc" == _read(f"{web.url}/feed")
        with pytest.raises(FeedError, match="what is not https"):
            _read(f"{web.url}/down")


def test_no_proxy_is_asked(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the environment says of proxies is for others."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    web.pages["/feed"] = Page(body=b"abc")
    assert b"abc" == _read(f"{web.url}/feed")


def test_a_server_that_is_not_there_is_told() -> None:
    """Nobody listens, or nobody knows the name."""
    with pytest.raises(FeedError, match="refused"):
        _read("http://127.0.0.1:9/feed")
    with pytest.raises(FeedError, match="host that is not known"):
        _read("https://nobody.invalid/feed")


def test_silence_has_an_end(web: Web) -> None:
    """Of its own, or where the run is to stop."""
    web.pages["/feed"] = Page(is_silent=True)
    with pytest.raises(FeedError, match="was silent"):
        _read(f"{web.url}/feed", FeedSettings(remote_timeout_s=0.05))

    begun = monotonic()
    with pytest.raises(InterruptedRunError):
        list(Source(f"{web.url}/feed", settings=SETTINGS, go_on=_stopping()).members())
    assert monotonic() - begun < SETTINGS.remote_timeout_s


def _stopping() -> Callable[[], None]:
    def stop() -> None:
        raise InterruptedRunError("stopped", exit_code=130)

    return stop
