"""Remote feeds need an extra, whose absence is told, and told of nothing that is secret."""

from __future__ import annotations

import sys

import pytest

from vtex_tracking.errors import FeedError
from vtex_tracking.feed import expand_feeds
from vtex_tracking.feed.sources.source import Source
from vtex_tracking.settings import FeedSettings


@pytest.mark.parametrize("name", ["s3://bucket/a*", "sftp://user@host/a*", "gs://bucket/a*", "az://container/a*"])
def test_what_is_not_installed_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """When a feed is read, and when a pattern is looked up."""
    for module in ("s3fs", "sshfs", "gcsfs", "adlfs"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(FeedError, match=r"fs\): pip install 'vtex-tracking\[remote\]'"):
        list(Source(name.rstrip("*"), settings=FeedSettings()).members())
    with pytest.raises(FeedError, match=r"pip install 'vtex-tracking\[remote\]'"):
        expand_feeds([name])
