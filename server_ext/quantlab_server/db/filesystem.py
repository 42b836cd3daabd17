"""Whether a folder lies on another machine, where SQLite's shared memory does not work."""

from __future__ import annotations

import sys
from pathlib import Path

_NETWORK = frozenset(
    {
        "9p", "afs", "afpfs", "beegfs", "ceph", "cifs", "davfs", "fuse.ceph", "fuse.gcsfuse",
        "fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.sshfs", "gfs2", "glusterfs", "gpfs",
        "lustre", "ncpfs", "nfs", "nfs3", "nfs4", "ocfs2", "orangefs", "panfs", "smb", "smb2",
        "smb3", "smbfs", "webdav",
    }
)  # fmt: skip


def is_network_file_system(path: Path, mounts: Path = Path("/proc/self/mountinfo")) -> bool:
    """Whether ``path`` (or its nearest existing parent) is on a network file system.

    Known on Linux (mount table) and Windows (UNC paths); elsewhere False.
    """
    if sys.platform == "win32":
        return str(path.resolve()).startswith("\\\\")
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    target = path.resolve()
    best, kind = -1, ""
    for line in lines:
        # "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw": mount point, then type after " - ".
        left, dash, right = line.partition(" - ")
        fields = left.split()
        if not dash or len(fields) < 5:
            continue
        mount = Path(fields[4].replace("\\040", " "))
        if len(mount.parts) >= best and target.is_relative_to(mount):
            best, kind = len(mount.parts), right.split()[0]
    return kind in _NETWORK
