"""Passwords of remote hosts, from `~/.netrc`, where curl and lftp have them as well."""

from __future__ import annotations

from netrc import NetrcParseError, netrc

from attrs import field, frozen

from vtex_tracking.errors import FeedError


@frozen(kw_only=True)
class Login:
    """Who asks a host, and with what."""

    user: str
    password: str = field(repr=False)


def login_at(host: str, *, user: str) -> Login | None:
    """What `~/.netrc` has for this host, and for this user if one is named. Raises FeedError where others can read it.

    Its `default` entry is for no host in particular, so it is never used.
    """
    try:
        known = netrc().hosts.get(host)
    except FileNotFoundError:
        return None
    except (NetrcParseError, OSError, ValueError) as error:
        reason = error.msg if isinstance(error, NetrcParseError) else type(error).__name__
        raise FeedError(f"~/.netrc cannot be used: {reason}; chmod 600 ~/.netrc") from None
    if known is None or (user and user != known[0]):
        return None
    return Login(user=known[0], password=known[2] or "")
