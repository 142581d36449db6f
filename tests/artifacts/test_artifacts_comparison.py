"""Byte comparison of runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from artifacts_examples import FILES, write_files

from btcli.artifacts import comparison
from btcli.artifacts.comparison import compare_runs, first_difference

AT_5, AT_10 = "2024-01-01T00:05:00.000Z", "2024-01-01T00:10:00.000Z"


def test_equal_runs_are_identical(tmp_path: Path) -> None:
    """Equal bytes in every compared file are the word identical."""
    compared = compare_runs(write_files(tmp_path / "a"), write_files(tmp_path / "b"))
    assert compared.identical
    assert compared.summary == "identical"
    assert compared.first is None


def test_a_file_that_neither_run_has_is_not_said_to_be_the_same(tmp_path: Path) -> None:
    """Runs of code have no rules.json: only what is there is compared; what one of two has differs."""
    ours, theirs = write_files(tmp_path / "a"), write_files(tmp_path / "b")
    assert set(compare_runs(ours, theirs).same) == set(FILES)
    (theirs / "rules.json").write_bytes(b"{}")
    assert [each.file for each in compare_runs(ours, theirs).differences] == ["rules.json"]


def test_the_first_differing_event_is_named_with_both_lines(tmp_path: Path) -> None:
    """The report holds the event, its moment, its field, and both lines."""
    changed = FILES["events.jsonl"].replace(b"42000.0", b"42001.0")
    compared = compare_runs(write_files(tmp_path / "a"), write_files(tmp_path / "b", events_jsonl=changed))
    assert compared.first is not None
    assert compared.first.file == "events.jsonl"
    assert compared.first.line == 2
    assert compared.first.ts == "2024-01-01T00:05:00.000Z"
    assert compared.first.ours == FILES["events.jsonl"].decode().splitlines()[1]
    assert compared.first.theirs == changed.decode().splitlines()[1]
    assert compared.summary == "events.jsonl: order_filled at 2024-01-01T00:05:00.000Z: price is 42000.0 and 42001.0"
    assert "metrics.json" in compared.same


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("events.jsonl", b"order_filled", b"order_rejected", f"order_filled at {AT_5}: the second says order_rejected"),
        ("events.jsonl", b'"price":', b'"paid":', f"order_filled at {AT_5}: price is 42000.0 and None"),
        ("equity_curve.csv", b"10001.5", b"10001.25", f"line 3 at {AT_10}: equity_usdt is 10001.5 and 10001.25"),
        ("trades.csv", b"1.5", b"1.75", f"line 2 at {AT_10}: net_pnl_usdt is 1.5 and 1.75"),
        ("metrics.json", b'"trades": 1', b'"trades": 2', "line 2: the lines differ"),
        ("trades.csv", f"1,{AT_10},1.5\n".encode(), b"", f"line 2 at {AT_10}: the second has no such line"),
    ],
)
def test_each_file_names_its_own_difference(tmp_path: Path, name: str, old: bytes, new: bytes, said: str) -> None:
    """Every kind of file says which row or line differs, and in what."""
    changed = {name.replace(".", "_"): FILES[name].replace(old, new)}
    compared = compare_runs(write_files(tmp_path / "a"), write_files(tmp_path / "b", **changed))
    assert [str(difference) for difference in compared.differences] == [f"{name}: {said}"]


def test_a_longer_second_file_differs_where_the_first_ends(tmp_path: Path) -> None:
    """A line that only the second has is named as such."""
    longer = {"equity_curve_csv": FILES["equity_curve.csv"] + b"2024-01-01T00:15:00.000Z,1.0\n"}
    compared = compare_runs(write_files(tmp_path / "a"), write_files(tmp_path / "b", **longer))
    assert compared.summary == "equity_curve.csv: line 4 at 2024-01-01T00:15:00.000Z: the first has no such line"


def test_a_missing_file_differs(tmp_path: Path) -> None:
    """A file that only one run has is a difference; one that both lack is none."""
    one, other = write_files(tmp_path / "a"), write_files(tmp_path / "b")
    (one / "trades.csv").unlink()
    assert compare_runs(one, other).summary == f"trades.csv: is missing in {one}"
    (other / "trades.csv").unlink()
    assert compare_runs(one, other).identical


def test_a_missing_newline_at_the_end_is_a_difference(tmp_path: Path) -> None:
    """Byte by byte means also the last byte."""
    one, other = tmp_path / "a.yml", tmp_path / "b.yml"
    one.write_bytes(b"x: 1\n")
    other.write_bytes(b"x: 1")
    assert first_difference(one, other) is not None


@pytest.mark.parametrize("block", [1, 7, 16, 64, 4096])
def test_blocks_do_not_move_the_place(tmp_path: Path, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading in blocks of any size finds the same line."""
    monkeypatch.setattr(comparison, "_BLOCK_BYTES", block)
    one, other = tmp_path / "a.yml", tmp_path / "b.yml"
    lines = [f"line: {number}\n" for number in range(1, 101)]
    one.write_text("".join(lines))
    lines[76] = "line: changed\n"
    other.write_text("".join(lines))
    difference = first_difference(one, other)
    assert difference is not None
    assert (difference.line, difference.ours, difference.theirs) == (77, "line: 77", "line: changed")
    other.write_text(one.read_text())
    assert first_difference(one, other) is None
