"""The file systems of fsspec for each protocol: imported when one is needed, and told to be careful."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from vtex_tracking.errors import FeedError
from vtex_tracking.feed.sources.logins import login_at

if TYPE_CHECKING:
    from vtex_tracking.feed.sources.urls import Url

_FRESH: Final = {"use_listings_cache": False, "skip_instance_cache": True}
_VERSION_KEYS: Final = ("size", "ETag", "etag", "generation", "mtime", "last_modified")


class System:
    """A place where files are, connected. Every call may take long, and raises what the protocol's library raises."""

    def __init__(self, url: Url, *, timeout_s: float) -> None:
        self._url = url
        self._path = _path_of(url)
        self._system = _connected(url, timeout_s=timeout_s)

    def paths(self) -> list[str]:
        """The files that match, sorted."""
        found: dict[str, dict[str, Any]] = self._system.glob(self._path, detail=True)
        return [_path_at(self._url, path) for path, info in sorted(found.items()) if info["type"] != "directory"]

    def size_bytes(self) -> int | None:
        """Of the file. Raises FeedError for a folder."""
        info = self._system.info(self._path)
        if info["type"] == "directory":
            raise FeedError(f"{self._url.shown} is a folder; name the files in it, such as folder/*.csv")
        size_bytes: int | None = info["size"]
        return size_bytes

    def version(self) -> object:
        """What changes when the file is written to, replaced or taken away."""
        try:
            info = self._system.info(self._path)
        except FileNotFoundError:
            return None
        return [info.get(key) for key in _VERSION_KEYS]

    def open(self) -> Any:
        """The file, to be read in chunks as large as they are asked for, none of which is kept."""
        return self._system.open(self._path, "rb", **({} if self._url.scheme == "sftp" else {"cache_type": "none"}))

    def close(self) -> None:
        """Let the connection go; those that are not held open close by themselves."""
        if self._url.scheme == "sftp":
            self._system.loop.call_soon_threadsafe(self._system.client.close)


def _connected(url: Url, *, timeout_s: float) -> Any:
    match url.scheme:
        case "s3":
            patience = {"connect_timeout": timeout_s, "read_timeout": timeout_s, "retries": {"max_attempts": 2}}
            return import_module("s3fs").S3FileSystem(config_kwargs=patience, **_FRESH)
        case "gs":
            return import_module("gcsfs").GCSFileSystem(**_FRESH)
        case "az":
            return import_module("adlfs").AzureBlobFileSystem(**_FRESH)
        case _:
            login = login_at(url.host, user=url.user)
            options = {
                "port": url.port,
                "username": login.user if login else url.user,
                "password": login.password if login else "",
            }
            return import_module("sshfs").SSHFileSystem(
                url.host.strip("[]"),
                known_hosts=(),  # as ssh has them; left out, sshfs would trust every host
                connect_timeout=timeout_s,
                skip_instance_cache=True,
                **{name: value for name, value in options.items() if value},  # what is not said, ~/.ssh/config may say
            )


def _path_of(url: Url) -> str:
    """A file as its system names it: with its bucket; or from the root, or after `/~/` from the user's own folder."""
    return url.path.removeprefix("/~/") if url.scheme == "sftp" else url.host + url.path


def _path_at(url: Url, path: str) -> str:
    """The path in a URL of what its system names so."""
    if url.scheme == "sftp":
        return path if path.startswith("/") else f"/~/{path}"
    return path.removeprefix(url.host)
