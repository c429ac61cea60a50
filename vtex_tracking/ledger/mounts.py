"""On which kind of file system a path lies, as Linux tells it in `/proc/self/mountinfo`.

The format is that of `proc_pid_mountinfo(5)`: the mount point is the fifth field of a line, its blanks as octal escapes,
and the kind of file system the first field behind the lone `-`.
"""

from __future__ import annotations

import re
from typing import Final

# SQLite's locks and its journal are not to be trusted there: https://www.sqlite.org/useovernet.html
_NETWORK: Final = frozenset(
    (
        *(
            "9p",
            "afs",
            "beegfs",
            "ceph",
            "cifs",
            "davfs",
            "glusterfs",
            "gpfs",
            "lustre",
            "ncpfs",
            "nfs",
            "nfs4",
            "smb3",
        ),
        *("smbfs", "vboxsf", "virtiofs", "vmhgfs"),
        *("curlftpfs", "davfs2", "gcsfuse", "goofys", "grpcfuse", "rclone", "s3fs", "smbnetfs", "sshfs", "vmhgfs-fuse"),
    )
)
_ESCAPE: Final = re.compile(r"\\([0-7]{3})")


def filesystem_of(path: str, *, mountinfo: str) -> str:
    """The kind of the mount that an absolute path lies in; empty where the text names none.

    That is the one with the longest mount point, and of those at the same place the last, which hides the others.
    """
    length, filesystem = 0, ""
    for line in mountinfo.splitlines():
        place, _, source = line.partition(" - ")
        fields, kind = place.split(" "), source.partition(" ")[0]
        if len(fields) < 5 or not kind:  # noqa: PLR2004 - the mount point is the fifth
            continue
        point = _ESCAPE.sub(lambda escape: chr(int(escape[1], 8)), fields[4]).rstrip("/")
        if f"{path}/".startswith(f"{point}/") and len(point) + 1 >= length:
            length, filesystem = len(point) + 1, kind
    return filesystem


def is_network(filesystem: str) -> bool:
    """Whether this kind reaches another machine, or hands files on to one that is not known to lock them."""
    return filesystem.removeprefix("fuse.") in _NETWORK
