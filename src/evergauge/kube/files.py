"""Files that say how to reach the API server, and whether they have changed since they were read."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path


class _Stamp(NamedTuple):
    """What tells one state of a file from another. The inode tells ConfigMaps' and tokens' symlinks that were swapped."""

    inode: int
    size: int
    modified: int


class Files:
    """Reads files and remembers in which state they were."""

    def __init__(self) -> None:
        self._seen: dict[Path, _Stamp | None] = {}

    def read(self, path: Path) -> bytes:
        """The whole content. Raises OSError; a file that isn't there is remembered too."""
        # The stamp is taken first: a change while reading is then noticed later, not missed.
        self._seen[path] = _stamp(path)
        return path.read_bytes()

    def changed(self) -> bool:
        """Whether any of the files is no longer what was read."""
        return any(_stamp(path) != seen for path, seen in self._seen.items())


def _stamp(path: Path) -> _Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return _Stamp(found.st_ino, found.st_size, found.st_mtime_ns)
