"""Files that a thread beside writes hold what was handed on, whatever the disk and Ctrl-C do."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Event, Thread

import pytest
from interrupted_lines import said

from btcli.artifacts.outflow import MOST_WAITING, Outflow
from btcli.errors import AccessError

needs_full = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")  # noqa: PTH110
needs_fifo = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a file that somebody has to read")


def test_blocks_follow_their_header_in_order_and_are_digested(tmp_path: Path) -> None:
    """Two files side by side; the digests are those of FIPS 180-2 for "abc" and for nothing."""
    outflow = Outflow(tmp_path, {"a": b"a", "empty": b""})
    outflow.put("a", b"b")
    outflow.put("a", b"c")
    written = outflow.close()
    assert (tmp_path / "a").read_bytes() == b"abc"
    assert written["a"].sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert written["empty"].sha256 == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert (written["a"].size, written["empty"].size) == (3, 0)


def put_often(outflow: Outflow, block: bytes) -> None:
    """More blocks than may wait, so that the first of them has been written or refused."""
    for _ in range(MOST_WAITING + 2):
        outflow.put("a", block)


@needs_full
def test_a_refused_block_is_told_at_the_latest_when_the_files_are_closed(tmp_path: Path) -> None:
    """With the place that was being written to; the other files are whole."""
    (tmp_path / "full").symlink_to("/dev/full")
    outflow = Outflow(tmp_path, {"full": b"", "other": b""})
    outflow.put("full", b"x")
    outflow.put("other", b"y")
    with pytest.raises(AccessError, match="No space left") as caught:
        outflow.close()
    assert caught.value.problems[0].where == str(tmp_path)
    assert (tmp_path / "other").read_bytes() == b"y"


@needs_full
def test_after_a_refused_block_a_file_gets_no_other(tmp_path: Path) -> None:
    """A disk that has room again does not leave a file with a hole in it."""
    outflow = Outflow(tmp_path, {"a": b"first"})
    descriptor = outflow._files["a"].file.fileno()
    kept = os.dup(descriptor)
    with Path("/dev/full").open("wb", buffering=0) as full:
        os.dup2(full.fileno(), descriptor)
        with pytest.raises(AccessError):
            put_often(outflow, b"lost")
        os.dup2(kept, descriptor)
        os.close(kept)
    with pytest.raises(AccessError):
        put_often(outflow, b"after")
    with pytest.raises(AccessError):
        outflow.close()
    assert b"after" not in (tmp_path / "a").read_bytes()


@needs_fifo
def test_no_more_blocks_wait_than_memory_has_room_for(tmp_path: Path) -> None:
    """Where nobody takes what is written, whoever writes waits; then all of it arrives in order."""
    os.mkfifo(tmp_path / "slow")
    blocks = [bytes([number]) * 100_000 for number in range(MOST_WAITING * 3)]
    handed_on, may_read, heard = [], Event(), bytearray()

    def read() -> None:
        with (tmp_path / "slow").open("rb") as file:
            may_read.wait()
            heard.extend(file.read())

    def write() -> None:
        outflow = Outflow(tmp_path, {"slow": b""})
        for block in blocks:
            outflow.put("slow", block)
            handed_on.append(block)
        outflow.close()

    threads = [Thread(target=each) for each in (read, write)]
    for thread in threads:
        thread.start()
    threads[1].join(0.3)
    assert len(handed_on) <= MOST_WAITING + 1
    may_read.set()
    for thread in threads:
        thread.join()
    assert bytes(heard) == b"".join(blocks)


def test_an_interrupt_at_any_line_leaves_whole_blocks_and_no_thread(tmp_path: Path) -> None:
    """It is raised, whichever line of Python it comes at, and the file is a beginning of what was handed on."""
    code, told = said(f"""
from pathlib import Path
from interrupted_lines import at_every_line
from btcli.artifacts.outflow import Outflow
file = Path({str(tmp_path)!r}, "a")
def made():
    if file.exists():
        assert "heads|one|two|three|".startswith(file.read_text()) and file.read_text().endswith("|"), file.read_text()
    outflow = Outflow(file.parent, {{"a": b"heads|"}})
    def work():
        try:
            for block in (b"one|", b"two|", b"three|"):
                outflow.put("a", block)
        finally:
            outflow.close()
    return work
at_every_line(made)
""")
    assert code == 0, told
