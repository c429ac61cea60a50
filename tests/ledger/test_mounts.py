"""On which kind of file system a path lies, read from what Linux tells of its mounts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtex_tracking.ledger.mounts import filesystem_of, is_network

MOUNTINFO = r"""22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard
40 27 0:44 / /mnt rw - tmpfs tmpfs rw
41 40 0:45 / /mnt/share rw,relatime shared:7 master:2 - cifs //server/share rw,vers=3.1.1
42 40 0:46 / /mnt/with\040a\040blank\134 rw - nfs4 server:/export rw
43 27 0:47 / /srv rw - ext4 /dev/vdb rw
44 43 0:48 / /srv rw - fuse.sshfs me@host: rw
45 27 0:49 / /mnt/share2 rw
46 27
"""


@pytest.mark.parametrize(
    ("path", "filesystem"),
    [
        ("/var/lib/ledger.db", "ext4"),
        ("/", "ext4"),
        ("/mnt/ledger.db", "tmpfs"),
        ("/mnt/share/deep/down/ledger.db", "cifs"),
        ("/mnt/share", "cifs"),
        ("/mnt/shared/ledger.db", "tmpfs"),
        ("/mnt/with a blank\\/ledger.db", "nfs4"),
        ("/srv/me/ledger.db", "fuse.sshfs"),
        ("/mnt/share2/ledger.db", "tmpfs"),
    ],
)
def test_the_nearest_mount_counts_and_of_two_at_one_place_the_last(path: str, filesystem: str) -> None:
    """Names are compared whole, blanks are escaped, and a line that is no mount is passed over."""
    assert filesystem == filesystem_of(path, mountinfo=MOUNTINFO)


def test_where_no_mount_is_named_nothing_is_known() -> None:
    """An empty text, or one of another path."""
    assert "" == filesystem_of("/ledger.db", mountinfo="")
    assert "" == filesystem_of("/ledger.db", mountinfo="22 27 0:21 / /proc rw,relatime - proc proc rw")


@given(st.text(), st.text(alphabet="/ -\\0ab\n"))
def test_no_text_is_too_odd_to_be_read(path: str, mountinfo: str) -> None:
    """It may name nothing, but it stops nothing."""
    assert isinstance(filesystem_of(path, mountinfo=mountinfo), str)


@pytest.mark.parametrize("filesystem", ["nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "fuse.rclone", "9p", "virtiofs"])
def test_a_network_file_system_is_known_by_its_name(filesystem: str) -> None:
    """Also where FUSE hands it on."""
    assert is_network(filesystem)


@pytest.mark.parametrize(
    "filesystem", ["ext4", "xfs", "btrfs", "tmpfs", "overlay", "fuseblk", "fuse.mergerfs", "zfs", ""]
)
def test_a_disk_of_this_machine_is_none(filesystem: str) -> None:
    """Neither is what nobody knows."""
    assert not is_network(filesystem)
