"""A name is a URL or it is not; a URL is read or refused; and nothing secret in it is ever shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtex_tracking.errors import FeedError
from vtex_tracking.feed.sources.urls import shown_name, url_of


@pytest.mark.parametrize("name", ["feed.csv", "-", "/in/a.csv", "C:/in", "s3:/bucket/a", "in/*.csv", "://x", ""])
def test_a_name_without_a_scheme_is_no_url(name: str) -> None:
    """It is a path, and is shown as it is."""
    assert url_of(name) is None
    assert name == shown_name(name)


@pytest.mark.parametrize(
    ("name", "shown", "is_pattern"),
    [
        ("s3://bucket/in/a#1?.csv", "s3://bucket/in/a#1?.csv", True),
        ("S3://bucket/in/a.csv", "s3://bucket/in/a.csv", False),
        ("gs://bucket_1/in/[ab].csv", "gs://bucket_1/in/[ab].csv", True),
        ("az://container@account.dfs.core.windows.net/a", "az://account.dfs.core.windows.net/a", False),
        ("sftp://user@host:2222/~/a.csv", "sftp://host:2222/~/a.csv", False),
        ("sftp://[::1]:22/a*", "sftp://[::1]:22/a*", True),
        ("https://host/in/*.csv?signature=x#part", "https://host/in/*.csv", False),
        ("https://user@host/a\nb", "https://host/a\\nb", False),
        ("http://localhost:8000/a", "http://localhost:8000/a", False),
        ("http://[::1]/a", "http://[::1]/a", False),
    ],
)
def test_a_url_is_shown_without_user_and_query(name: str, shown: str, *, is_pattern: bool) -> None:
    """What it is asked for is another thing."""
    url = url_of(name)
    assert url is not None
    assert (shown, shown, is_pattern) == (url.shown, shown_name(name), url.is_pattern)
    assert "signature" not in repr(url)


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("ftp://host/a", "ftp:// is not read; expected s3://, sftp://, https://, gs://, az://"),
        ("https://me:5ecret@host/a", "has a password in it"),
        ("sftp://me:5@ecret@host/a", "has a password in it"),
        ("sftp://me:x5/ecret@host/a", "has no host"),
        ("sftp://me:5ecret", "has no host"),
        ("s3:///5ecret", "has no host or bucket"),
        ("http://192.0.2.1/5ecret", "plain http only on loopback"),
        ("http://localhost.example/5ecret", "plain http only on loopback"),
    ],
)
def test_a_url_that_is_not_read_says_why_and_tells_no_secret(name: str, problem: str) -> None:
    """Not in its message, nor where it is shown."""
    with pytest.raises(FeedError, match=problem) as refused:
        url_of(name)
    assert "ecret" not in str(refused.value)
    assert "ecret" not in shown_name(name)


def test_another_file_in_the_same_place_has_a_name_too() -> None:
    """With the user and the port, for it is asked for there."""
    url = url_of("sftp://me@host:22/in/*.csv")
    assert url is not None
    assert "sftp://me@host:22/in/a.csv" == url.at("/in/a.csv")


@given(st.text(), st.text(alphabet="abc@:/?#[]", max_size=12))
def test_any_name_can_be_shown(start: str, rest: str) -> None:
    """And none with a password in it is read."""
    for name in (start, f"{start}://{rest}", f"https://{rest}"):
        assert shown_name(name).isprintable()
    with pytest.raises(FeedError):
        url_of(f"sftp://me:{rest.replace('@', '').replace('/', '').replace('?', '').replace('#', '')}@host/x")
