"""Object code that nobody has used for a season makes room when a new object is stored."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from btcli.exchange.machine import unused
from btcli.exchange.machine.folder import store, stored

DAY_S = 86_400
NAMES = [f"{entry}-{hashlib.sha256(entry.encode()).hexdigest()[:40]}.o" for entry in ("one", "two", "three")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two objects."""
    place = tmp_path / "objects"
    for name in NAMES[:2]:
        store(place, name, name.encode())
    return place


def last_used(folder: Path, name: str, days: float) -> None:
    """Let an object and its digest have been used so many days ago."""
    moment = time.time() - days * DAY_S
    for path in (folder / name, folder / f"{name}.sha256"):
        os.utime(path, (moment, moment))


def names_in(folder: Path) -> set[str]:
    """What lies there, digests aside."""
    return {path.name for path in folder.iterdir() if not path.name.endswith(".sha256")}


def test_what_was_not_used_for_ninety_days_is_removed_with_its_digest(folder: Path) -> None:
    """When another object is stored; one that was used a day later stays."""
    last_used(folder, NAMES[0], 90.1)
    last_used(folder, NAMES[1], 89.9)
    store(folder, NAMES[2], b"new")
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        name + end for name in NAMES[1:] for end in ("", ".sha256")
    )


def test_loading_is_using(folder: Path) -> None:
    """An object that was stored long ago and is loaded now has been used today."""
    last_used(folder, NAMES[0], 300)
    assert stored(folder, NAMES[0]) == NAMES[0].encode()
    store(folder, NAMES[2], b"new")
    assert names_in(folder) == set(NAMES)


def test_a_use_is_noted_once_a_day(folder: Path) -> None:
    """Not with every process that starts."""
    last_used(folder, NAMES[0], 0.9)
    before = (folder / NAMES[0]).stat().st_mtime_ns
    assert stored(folder, NAMES[0]) is not None
    assert (folder / NAMES[0]).stat().st_mtime_ns == before


@pytest.mark.parametrize("name", ["notes.txt", "one.o", "one-123.o.bak", "README.sha256", "one-" + "x" * 40 + ".o"])
def test_only_what_is_named_as_an_object_is_removed(folder: Path, name: str) -> None:
    """Whatever else lies in the folder is not ours."""
    (folder / name).write_text("mine")
    os.utime(folder / name, (0, 0))
    store(folder, NAMES[2], b"new")
    assert (folder / name).read_text() == "mine"


def test_what_a_process_left_half_written_is_removed(folder: Path) -> None:
    """After as long a time."""
    left = folder / f"{NAMES[0]}.4711.tmp"
    left.write_bytes(b"half")
    os.utime(left, (0, 0))
    store(folder, NAMES[2], b"new")
    assert names_in(folder) == set(NAMES)


def test_folders_and_links_of_such_a_name_stay(folder: Path, tmp_path: Path) -> None:
    """Nothing is followed out of the folder."""
    outside = tmp_path / "outside"
    outside.write_text("mine")
    os.utime(outside, (0, 0))
    (folder / NAMES[2]).symlink_to(outside)
    os.utime(folder / NAMES[2], (0, 0), follow_symlinks=False)
    (folder / f"four-{'0' * 40}.o").mkdir()
    os.utime(folder / f"four-{'0' * 40}.o", (0, 0))
    store(folder, NAMES[1], b"new")
    assert outside.read_text() == "mine"
    assert (folder / NAMES[2]).is_symlink()
    assert (folder / f"four-{'0' * 40}.o").is_dir()


def test_one_store_removes_so_many_and_no_more(folder: Path) -> None:
    """What is left over goes with the next ones."""
    for number in range(unused.MOST_REMOVED + 7):
        path = folder / f"old-{number:040x}.o"
        path.write_bytes(b"")
        os.utime(path, (0, 0))
    store(folder, NAMES[2], b"new")
    assert len(names_in(folder) - set(NAMES)) == 7
    store(folder, NAMES[2], b"new")
    assert names_in(folder) == set(NAMES)


def test_an_object_that_cannot_be_removed_stops_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process was faster, or the disk refuses: the new object is stored all the same."""
    last_used(folder, NAMES[0], 100)

    def refuse(name: str, *, dir_fd: int) -> None:
        raise PermissionError(name)

    monkeypatch.setattr(unused.os, "unlink", refuse)
    unused.remove_unused(os.open(folder, os.O_RDONLY), time.time())
    assert names_in(folder) == set(NAMES[:2])


@pytest.mark.parametrize("processes", [4])
def test_processes_beside_each_other_store_load_and_remove(folder: Path, processes: int) -> None:
    """Each ends well, whatever the others remove: it gets the object as it was stored, or none."""
    script = (
        "import os, sys, time\n"
        "from pathlib import Path\n"
        "from btcli.exchange.machine.folder import store, stored\n"
        "folder = Path(sys.argv[1])\n"
        "for number in range(60):\n"
        "    name = f'all-{number % 5:040x}.o'\n"
        "    store(folder, name, name.encode())\n"
        "    try:\n"
        "        os.utime(folder / name, (0, 0))\n"
        "    except FileNotFoundError:\n"
        "        pass\n"
        "    assert stored(folder, name) in (None, name.encode())\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", script, str(folder)]) for _ in range(processes)]
    assert [each.wait(timeout=300) for each in running] == [0] * processes
