"""Folders for the moment: whenever Ctrl-C comes, nothing of them is left."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from interrupted_lines import said

from btcli.scratch import scratch

USED = """
import tempfile
from btcli.scratch import scratch
from interrupted_lines import at_every_line
tempfile.tempdir = {folder!r}

def used():
    with scratch("test") as folder:
        (folder / "below").mkdir()
        for name in ("a", "b", "below/c"):
            (folder / name).write_bytes(b"x")

used()
at_every_line(lambda: used)
"""


def test_ctrl_c_leaves_no_folder(tmp_path: Path) -> None:
    """At every line: while it is made, used and removed, none outlives the process."""
    code, told = said(USED.format(folder=str(tmp_path)))
    assert (code, told.endswith(" lines\n"), list(tmp_path.iterdir())) == (0, True, []), told


def test_it_is_the_users_own_and_goes_with_its_block(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nobody else may look into it; what is too long lies below /tmp."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with scratch("test") as folder:
        assert (folder.parent, stat.S_IMODE(folder.stat().st_mode)) == (tmp_path, 0o700)
    assert not folder.exists()
    with scratch("test", longest=5) as folder:
        assert folder.parent == Path("/tmp")
    assert not folder.exists()
