"""In which order what lies below a folder of runs or sweeps was last asked for: a file in that folder says it.

Times of files do not: two are written within one tick, and a copy has the times of the copying.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

ORDER = "order.txt"


def note_asked(top: Path, folder: Path) -> None:
    """Write down that what lies in a folder below `top` was asked for just now.

    Each line begins with its end, so that what a killed process left of one spoils no other. Where nothing can be
    written the times of files stay what there is to go by.
    """
    with suppress(OSError):
        descriptor = os.open(top / ORDER, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            os.write(descriptor, b"\n" + _name(top, folder))
        finally:
            os.close(descriptor)


def in_order(top: Path, folders: Iterable[Path], *written: str) -> list[Path]:
    """Folders below `top`, the one that was asked for last at the end.

    Those of which nothing is known were put there otherwise: they come first, by the times of their files `written`.
    """
    try:
        lines = (top / ORDER).read_bytes().split(b"\n")
    except OSError:
        lines = []
    places = {line: place for place, line in enumerate(lines)}

    def key(folder: Path) -> tuple[int, int, str]:
        return places.get(_name(top, folder), -1), _last_ns(folder, written), str(folder)

    return sorted(folders, key=key)


def _name(top: Path, folder: Path) -> bytes:
    return os.fsencode(folder.relative_to(top).as_posix())


def _last_ns(folder: Path, names: Iterable[str]) -> int:
    times = [0]
    for name in names:
        with suppress(OSError):
            times.append((folder / name).lstat().st_mtime_ns)
    return max(times)
