"""A folder for the moment: it goes again, at whatever moment its use is interrupted."""

from __future__ import annotations

import atexit
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from tempfile import gettempdir

from btcli.interrupts import interrupts_held

_made: dict[Path, int] = {}  # by which process


@contextmanager
def scratch(name: str, longest: int = 4096) -> Iterator[Path]:
    """A temporary folder of this user alone; below /tmp where its path would have more than `longest` bytes.

    Its name is known before it is made, and what an interrupt keeps from being removed goes with the process.
    """
    folder = Path(gettempdir()) / f"btcli-{name}-{os.urandom(8).hex()}"
    if len(os.fsencode(folder)) > longest:
        folder = Path("/tmp") / folder.name
    _made[folder] = os.getpid()
    try:
        folder.mkdir(mode=0o700)
        yield folder
    finally:
        with interrupts_held():  # rmtree (3.11) makes an OSError of an interrupt
            rmtree(folder, ignore_errors=True)
            del _made[folder]


def _remove_left() -> None:
    """Where Ctrl-C came after the block and before its end; a fork leaves alone what is its parent's."""
    for folder, made_by in _made.items():
        if made_by == os.getpid():
            rmtree(folder, ignore_errors=True)


atexit.register(_remove_left)
