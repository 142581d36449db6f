"""Files against their manifest."""

from __future__ import annotations

from pathlib import Path

import pytest
from artifacts_examples import a_manifest, write_files

from btcli.artifacts.manifest import MANIFEST
from btcli.artifacts.run_dir import start_run
from btcli.artifacts.verification import verify_run
from btcli.errors import RequestError


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A complete run."""
    started = start_run(tmp_path, a_manifest())
    write_files(started.path)
    return started.complete({}, {}).path


def test_an_untouched_run_verifies(run: Path) -> None:
    """Nothing missing, nothing tampered, nothing extra."""
    found = verify_run(run)
    assert found.ok
    assert found.summary == "all 5 files match"


def test_a_copied_run_verifies_elsewhere(run: Path) -> None:
    """A run proves itself wherever it lies."""
    assert verify_run(run.rename(run.parent / "elsewhere")).ok


@pytest.mark.parametrize("name", ["events.jsonl", "equity_curve.csv", "trades.csv", "metrics.json"])
def test_one_changed_byte_is_tampering(run: Path, name: str) -> None:
    """One byte in any file is found, and the file named."""
    content = bytearray((run / name).read_bytes())
    content[len(content) // 2] ^= 1
    (run / name).write_bytes(content)
    found = verify_run(run)
    assert not found.ok
    assert found.tampered == (name,)
    assert found.summary == f"1 tampered: {name}"


def test_missing_and_extra_files_are_named(run: Path) -> None:
    """A file that went away and one that came are named apart."""
    (run / "trades.csv").unlink()
    (run / "notes").mkdir()
    (run / "notes" / "mine.txt").write_text("x")
    found = verify_run(run)
    assert found.to_dict() == {"ok": False, "missing": ["trades.csv"], "tampered": [], "extra": ["notes/mine.txt"]}


def test_changed_inputs_in_the_manifest_are_tampering(run: Path) -> None:
    """The run id is the digest of the inputs, so inputs cannot be edited unnoticed."""
    path = run / MANIFEST
    path.write_text(path.read_text().replace('"risk_pct": 1.0', '"risk_pct": 2.0'))
    assert verify_run(run).tampered == (MANIFEST,)


def test_a_failed_run_cannot_be_verified(tmp_path: Path) -> None:
    """A run that did not end well has nothing to prove; the error says what it is."""
    left = start_run(tmp_path, a_manifest()).stop("failed", "the strategy raised")
    with pytest.raises(RequestError, match="the run is failed, not complete"):
        verify_run(left)
