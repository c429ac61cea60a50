"""Which feeds the given names mean: paths, patterns, `-` and URLs."""

from __future__ import annotations

import glob
import os
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Final

from vtex_tracking.errors import FeedError
from vtex_tracking.feed.defects import escaped
from vtex_tracking.feed.sources.local import STDIN, identity_of
from vtex_tracking.feed.sources.remote import matches_of
from vtex_tracking.feed.sources.urls import url_of
from vtex_tracking.settings import FeedSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

_DEFAULTS: Final = FeedSettings()


def expand_feeds(names: Sequence[str], *, settings: FeedSettings = _DEFAULTS) -> tuple[str, ...]:
    """Every name is a file that can be read, a FIFO, `-` or a URL; a pattern stands for the files it matches, sorted.

    A file that is named twice, by whatever path, is read once. Raises FeedError, before anything is read, for a local
    name that is missing, unreadable or no file, for a URL that cannot be one, and for a pattern that matches none.
    """
    found: dict[object, str] = {}
    for name in chain.from_iterable(_matches(name, settings=settings) for name in names):
        found.setdefault(name if url_of(name) else identity_of(name), name)
    return tuple(found.values())


def _matches(name: str, *, settings: FeedSettings) -> Sequence[str]:
    url = url_of(name)
    if url is not None:
        if not url.is_pattern:
            return (name,)
        return _some(matches_of(url, timeout_s=settings.remote_timeout_s), shown=url.shown)
    # A file may have brackets in its name: what exists is never taken for a pattern.
    if name == STDIN or os.path.lexists(name) or not glob.has_magic(name):
        return (name,)
    found = sorted(glob.glob(name, recursive=True))  # noqa: PTH207 - Path.glob takes no absolute pattern
    return _some([match for match in found if not Path(match).is_dir()], shown=escaped(name))


def _some(matches: Sequence[str], *, shown: str) -> Sequence[str]:
    if not matches:
        raise FeedError(f"{shown} matches no file; check the pattern and the folder")
    return matches
