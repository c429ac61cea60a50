"""An SFTP server on loopback that shows one folder, and a home for the user who asks it."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import asyncssh
from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator

USER: Final = "carrier"
PASSWORD: Final = "open-sesame"


@frozen(kw_only=True)
class Sftp:
    """A server that runs: its port, the folder it shows, and the home of a user whom it knows by a key."""

    port: int
    folder: Path
    home: Path

    @property
    def url(self) -> str:
        return f"sftp://{USER}@127.0.0.1:{self.port}"

    def forget_host(self) -> None:
        """The user has never been here."""
        (self.home / ".ssh" / "known_hosts").unlink()

    def forget_key(self) -> None:
        """The user has no key."""
        (self.home / ".ssh" / "id_ed25519").unlink()


class _Users(asyncssh.SSHServer):
    def __init__(self, keys: Path, connections: list[asyncssh.SSHServerConnection]) -> None:
        self._keys = keys
        self._connections = connections
        self._connection: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._connections.append(conn)

    def begin_auth(self, username: str) -> bool:
        if self._connection is not None and username == USER:
            self._connection.set_authorized_keys(str(self._keys))
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == (USER, PASSWORD)


@contextmanager
def sftp_server(root: Path) -> Iterator[Sftp]:
    """A server in a thread of its own, until the context ends."""
    folder, home = root / "shown", root / "home"
    folder.mkdir()
    (home / ".ssh").mkdir(parents=True)
    host_key, user_key = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    user_key.write_private_key(str(home / ".ssh" / "id_ed25519"))
    user_key.write_public_key(str(root / "authorized_keys"))
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    connections: list[asyncssh.SSHServerConnection] = []

    async def listen() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1",
            0,
            server_host_keys=[host_key],
            server_factory=partial(_Users, root / "authorized_keys", connections),
            sftp_factory=partial(asyncssh.SFTPServer, chroot=str(folder).encode()),
        )

    async def close(acceptor: asyncssh.SSHAcceptor) -> None:
        acceptor.close()
        await acceptor.wait_closed()
        for connection in connections:
            connection.close()
            await connection.wait_closed()

    acceptor = asyncio.run_coroutine_threadsafe(listen(), loop).result()
    port = acceptor.get_port()
    public_key = host_key.export_public_key().decode()
    (home / ".ssh" / "known_hosts").write_text(f"[127.0.0.1]:{port} {public_key}", encoding="utf-8")
    try:
        yield Sftp(port=port, folder=folder, home=home)
    finally:
        asyncio.run_coroutine_threadsafe(close(acceptor), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
