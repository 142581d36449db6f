"""Lines that are only added: whole or not there, whoever is killed on the way."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from btcli.errors import AccessError
from btcli.registry.lines import add_lines, read_lines

ADDING = """
import sys
from pathlib import Path
from btcli.registry.lines import add_lines

name, times = sys.argv[2], int(sys.argv[3])
for number in range(times):
    add_lines(Path(sys.argv[1]), [{"by": name, "number": number, "long": "x" * 5000}])
    print(number, flush=True)
"""


def adding(path: Path, name: str, times: int) -> subprocess.Popen[str]:
    """A process that adds lines of its own, and says after each that it is there."""
    words = [sys.executable, "-c", ADDING, str(path), name, str(times)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)


def test_what_was_added_is_read_in_its_order(tmp_path: Path) -> None:
    """Each object is a line; a file that is not there holds none."""
    path = tmp_path / "trials.jsonl"
    assert read_lines(path) == ({}, [])
    add_lines(path, [{"a": 1}, {"b": [2.5, "é"]}])
    add_lines(path, [])
    add_lines(path, [{"c": None}])
    assert path.read_text("utf-8") == '{"a":1}\n{"b":[2.5,"é"]}\n{"c":null}\n'
    assert read_lines(path) == ({1: {"a": 1}, 2: {"b": [2.5, "é"]}, 3: {"c": None}}, [])


@pytest.mark.parametrize("torn", ['{"b":', "x", '{"b":2}', "x" * 200_000])
def test_a_line_without_its_end_was_never_promised(tmp_path: Path, torn: str) -> None:
    """What a killed process left of a line is not read, and the next line takes its place."""
    path = tmp_path / "trials.jsonl"
    path.write_text('{"a":1}\n' + torn)
    assert read_lines(path) == ({1: {"a": 1}}, [])
    add_lines(path, [{"c": 3}])
    assert path.read_text() == '{"a":1}\n{"c":3}\n'


def test_a_file_that_is_nothing_but_a_torn_line_begins_anew(tmp_path: Path) -> None:
    """Where no line was ever whole, the next is the first."""
    path = tmp_path / "trials.jsonl"
    path.write_text('{"a":')
    add_lines(path, [{"c": 3}])
    assert path.read_text() == '{"c":3}\n'


@pytest.mark.parametrize("line", ["", "nothing", "[1]", "3", '{"a":NaN}', "\x00\x00"])
def test_a_line_that_is_no_object_is_named(tmp_path: Path, line: str) -> None:
    """The others count all the same."""
    path = tmp_path / "trials.jsonl"
    path.write_text('{"a":1}\n' + line + '\n{"b":2}\n')
    assert read_lines(path) == ({1: {"a": 1}, 3: {"b": 2}}, [2])


def test_bytes_of_no_text_are_a_line_of_their_own(tmp_path: Path) -> None:
    """What is not UTF-8 is damage, and no error of the program."""
    path = tmp_path / "trials.jsonl"
    path.write_bytes(b'{"a":1}\n\xff\xfe\n')
    assert read_lines(path) == ({1: {"a": 1}}, [2])


def test_two_processes_lose_no_line_of_each_other(tmp_path: Path) -> None:
    """Each waits for the other: all lines of both are there, each one whole and in its writer's order."""
    path = tmp_path / "trials.jsonl"
    for process in [adding(path, name, 60) for name in ("a", "b")]:
        assert process.wait(timeout=300) == 0
    found, damaged = read_lines(path)
    assert damaged == []
    assert [line["number"] for line in found.values() if line["by"] == "a"] == list(range(60))
    assert [line["number"] for line in found.values() if line["by"] == "b"] == list(range(60))


def test_a_process_that_was_stopped_while_it_adds_is_not_waited_for_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After Ctrl-Z it holds the file for ever: an error says so, and once it goes on the line is added."""
    path = tmp_path / "lines.jsonl"
    add_lines(path, [{"a": 1}])
    monkeypatch.setattr("btcli.registry.lines.PATIENCE_S", 0)
    with path.open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(AccessError, match=r"another process holds it.*Ctrl-Z"):
            add_lines(path, [{"a": 2}])
    add_lines(path, [{"a": 3}])
    assert list(read_lines(path)[0].values()) == [{"a": 1}, {"a": 3}]


def test_a_killed_process_loses_nothing_that_it_said_was_there(tmp_path: Path) -> None:
    """Whatever was told is in the file, and at most one line more; the file stays one that can be added to."""
    path = tmp_path / "trials.jsonl"
    for times in range(5):
        process = adding(path, f"p{times}", 100_000)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.01 * times)
        process.send_signal(signal.SIGKILL)
        told = 1 + len(process.stdout.read().splitlines())
        process.wait(timeout=300)
        add_lines(path, [{"by": "after", "number": times}])
        found, damaged = read_lines(path)
        assert damaged == []
        mine = [line for line in found.values() if line["by"] == f"p{times}"]
        assert told <= len(mine) + 1
        assert len(mine) <= told + 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no file that is always full")
def test_a_full_disk_is_an_error_with_its_place(tmp_path: Path) -> None:
    """Nothing is lost of what was there."""
    small = tmp_path / "trials.jsonl"
    small.write_text('{"a":1}\n')
    limited = f"""
import resource, signal
from pathlib import Path
from btcli.errors import AccessError
from btcli.registry.lines import add_lines

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    add_lines(Path({str(small)!r}), [{{"b": "x" * 5000}}])
except AccessError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", limited], capture_output=True, text=True, check=True)
    assert str(small) in done.stdout
    assert small.read_text() == '{"a":1}\n'


@pytest.mark.parametrize("kind", ["folder", "missing folder"])
def test_a_place_that_cannot_be_written_is_an_error_with_its_place(tmp_path: Path, kind: str) -> None:
    """The error names the file."""
    path = tmp_path / "here" if kind == "folder" else tmp_path / "no" / "trials.jsonl"
    if kind == "folder":
        path.mkdir()
    with pytest.raises(AccessError) as raised:
        add_lines(path, [{"a": 1}])
    assert raised.value.problems[0].where == str(path)


def test_the_file_is_no_one_elses_to_run(tmp_path: Path) -> None:
    """It is made as every file of a project: readable as the user's mask says, and not executable."""
    path = tmp_path / "trials.jsonl"
    before = os.umask(0o027)
    try:
        add_lines(path, [{"a": 1}])
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o640
    assert json.loads(path.read_text()) == {"a": 1}
