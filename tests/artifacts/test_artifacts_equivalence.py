"""Runs of two platforms."""

from __future__ import annotations

from pathlib import Path

import pytest
from artifacts_examples import FILES, write_files

from btcli.artifacts.equivalence import equivalent_runs

AT_5 = "2024-01-01T00:05:00.000Z"


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("events.jsonl", b"42000.0", b"42000.00001", None),
        ("events.jsonl", b"42000.0", b"42000.0001", f"order_filled at {AT_5}: price"),
        ("events.jsonl", b'"seq":2', b'"seq":3', f"order_filled at {AT_5}: seq"),
        ("events.jsonl", b"BTCUSDT", b"ETHUSDT", f"order_filled at {AT_5}: symbol"),
        ("events.jsonl", b'"price":', b'"paid":', f"order_filled at {AT_5}: the fields"),
        ("events.jsonl", b"42000.0", b"42000", f"order_filled at {AT_5}: price"),
        ("equity_curve.csv", b"10001.5", b"10001.500009", None),
        ("equity_curve.csv", b"10001.5", b"10001.50002", "row 2 at 2024-01-01T00:10:00.000Z: equity_usdt"),
        ("trades.csv", b",1.5", b",1.500000001", None),
        ("trades.csv", b"\n1,", b"\n2,", "row 1 at 2024-01-01T00:10:00.000Z: trade_id"),
        ("metrics.json", b'"trades": 1', b'"trades": 2', "row 1: trades"),
        ("system.resolved.yml", b"sample", b"bybit", "line 1: the lines differ"),
    ],
)
def test_only_last_digits_may_differ(tmp_path: Path, name: str, old: bytes, new: bytes, said: str | None) -> None:
    """Floats may differ by a billionth; order, times, names, codes and whole numbers may not."""
    changed = {name.replace(".", "_"): FILES[name].replace(old, new)}
    compared = equivalent_runs(write_files(tmp_path / "a"), write_files(tmp_path / "b", **changed))
    assert [str(each) for each in compared.differences] == ([] if said is None else [f"{name}: {said}"])


def test_a_missing_line_is_no_last_digit(tmp_path: Path) -> None:
    """Both runs must tell the same number of events."""
    shorter = FILES["events.jsonl"].splitlines(keepends=True)[0]
    one, other = write_files(tmp_path / "a"), write_files(tmp_path / "b", events_jsonl=shorter)
    assert equivalent_runs(one, other).summary == f"events.jsonl: order_filled at {AT_5}: the second has none"
    assert equivalent_runs(other, one).summary == f"events.jsonl: order_filled at {AT_5}: the first has none"


def test_a_missing_file_is_no_last_digit(tmp_path: Path) -> None:
    """Nor may a file be absent."""
    one, other = write_files(tmp_path / "a"), write_files(tmp_path / "b")
    (other / "trades.csv").unlink()
    assert equivalent_runs(one, other).summary == f"trades.csv: is missing in {other}"


def test_lists_and_signs_count(tmp_path: Path) -> None:
    """Values inside lists are compared in their order; near 0 a billionth is the measure."""
    lines = [b'{"ts":"x","event":"e","v":[0.0,{"w":-1.5}]}\n', b'{"ts":"x","event":"e","v":[1e-12,{"w":1.5}]}\n']
    one, other = (write_files(tmp_path / str(place), events_jsonl=line) for place, line in enumerate(lines))
    assert equivalent_runs(one, other).summary == "events.jsonl: e at x: v[1].w"
