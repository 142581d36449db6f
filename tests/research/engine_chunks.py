"""Chunks for workers to do: each writes a file of its own into the folder that is its first argument."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from btcli.errors import Problem, UnhealthyData

PATIENCE_S = 300  # in which whatever is waited for has come, on any machine


def content(digest: str, index: int) -> str:
    """What the file of a chunk holds."""
    return f"{digest} {index * index}"


def _keep(folder: str, digest: str, index: int) -> str:
    file = Path(folder, f"{index}.chunk")
    draft = file.with_suffix(f".{os.getpid()}")
    draft.write_text(content(digest, index))
    draft.rename(file)
    return file.name


def there(folder: Path) -> dict[int, str]:
    """The chunks that are there, with what was said of each."""
    return {int(file.stem): file.name for file in folder.glob("*.chunk")}


def write(folder: str, digest: str, index: int) -> str:
    """Do the chunk."""
    return _keep(folder, digest, index)


def write_slowly(folder: str, digest: str, index: int) -> str:
    """Do the chunk, and go on with it for long."""
    _keep(folder, digest, index)
    time.sleep(PATIENCE_S)
    return ""


def note_process(folder: str, digest: str, index: int) -> str:
    """Do the chunk, and leave the process's number, its libraries' threads, and whether it hears Ctrl-C.

    Where a file says how many processes are to meet, none goes on before so many have begun.
    """
    names = ("POLARS_MAX_THREADS", "NUMBA_NUM_THREADS", "OMP_NUM_THREADS")
    around = " ".join([*(os.environ.get(name, "-") for name in names), "hears" if _hears() else "deaf"])
    Path(folder, f"{index}.process").write_text(f"{os.getpid()} {around}")
    expected = Path(folder, "meeting")
    _wait(lambda: not expected.exists() or len(processes(Path(folder))) >= int(expected.read_text()))
    time.sleep(0.05)
    return _keep(folder, digest, index)


def processes(folder: Path) -> set[str]:
    """The numbers of the processes that have begun chunks there; what is written this moment is none yet."""
    return {words[0] for file in folder.glob("*.process") if len(words := file.read_text().split()) == 5}


def _wait(is_so: Callable[[], bool]) -> None:
    until_s = time.monotonic() + PATIENCE_S
    while not is_so():
        if time.monotonic() > until_s:
            raise UnhealthyData("what is waited for never came")
        time.sleep(0.01)


def _hears() -> bool:
    """Whether SIGINT reaches the main thread of this process, where the system says so."""
    status = Path("/proc/self/status")
    if not status.exists():
        return False
    (blocked,) = (line.split()[1] for line in status.read_text().splitlines() if line.startswith("SigBlk:"))
    return not int(blocked, 16) & 1 << signal.SIGINT - 1


def die_once(folder: str, digest: str, index: int) -> str:
    """Chunk 5 kills its process, but only the first that does it."""
    if index == 5:
        try:
            Path(folder, "died").touch(exist_ok=False)
        except FileExistsError:
            pass
        else:
            os.kill(os.getpid(), signal.SIGKILL)
    return _keep(folder, digest, index)


def die_always(folder: str, digest: str, index: int) -> str:
    """Chunk 5 kills every process that does it."""
    if index == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    return _keep(folder, digest, index)


def wait_for_another(folder: str, digest: str, index: int) -> str:
    """Chunk 0 is done once the caller has heard of another, and has said so in a file; it cannot wait for ever."""
    _wait(lambda: index != 0 or Path(folder, "heard").exists())
    return _keep(folder, digest, index)


def refuse(folder: str, digest: str, index: int) -> str:
    """Chunk 3 cannot be done, and says why."""
    if index == 3:
        error = UnhealthyData("the data changed")
        error.problems = (Problem("the data changed", "there", "heal it", ("repair it with: btcli heal",), "--heal"),)
        raise error
    return _keep(folder, digest, index)


def leave(folder: str, digest: str, index: int) -> str:
    """Chunk 3 ends its process as a program would."""
    if index == 3:
        sys.exit(0)
    return _keep(folder, digest, index)
