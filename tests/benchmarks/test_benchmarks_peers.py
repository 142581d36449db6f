"""What is held against the work of other engines, and how it is written down."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from command_line import ROOT

sys.path.insert(0, str(ROOT / "benchmarks"))

from growth_plot import growth
from parity import Found, compared, recorded
from peer_tables import said, table, variations_table

BARS, CASH_USDT = 10, 1_000.0
LONG = (1.0, 4.0, 1.0, 0.1, 1_000.0, 1_010.0, 0.11055, 0.88945)  # 0.055 % of 100 and of 101; 0.1 * 10 less the fees
SHORT = (4.0, 7.0, -1.0, 0.1, 1_010.0, 1_020.0, 0.11165, -1.11165)
CURVE = np.array([1_000.0, 999.945, 1_000.5, 1_000.7, 1_000.83395, 1_000.5, 1_000.0, 999.7778, 999.7778, 999.7778])


def found(*trades: tuple[float, ...], curve: Any = CURVE) -> Found:
    """What an engine found."""
    return Found(np.array(trades), np.asarray(curve))


def changed(trade: tuple[float, ...], place: int, value: float) -> tuple[float, ...]:
    """A trade with another value."""
    return (*trade[:place], value, *trade[place + 1 :])


def test_the_same_trades_and_curve_agree() -> None:
    """Two engines that found the same agree, in any figure to nothing."""
    parity = compared(found(LONG, SHORT), found(LONG, SHORT), CASH_USDT, rounds=False)
    assert parity.holds
    assert (parity.prices, parity.fees, parity.balance, parity.equity) == (0.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    "other",
    [
        found(LONG, changed(SHORT, 0, 5.0)),
        found(LONG, changed(SHORT, 1, 8.0)),
        found(LONG, changed(SHORT, 2, 1.0)),
        found(changed(LONG, 3, 0.1 + 1e-9), SHORT),
        found(LONG, changed(SHORT, 5, 1_020.00001)),
        found(LONG, changed(SHORT, 6, 0.1116501)),
        found(LONG, changed(SHORT, 7, -1.11)),
        found(LONG),
        found(LONG, SHORT, curve=CURVE + np.where(np.arange(BARS) == 5, 1e-5, 0.0)),
    ],
    ids=["entry bar", "exit bar", "side", "quantity", "price", "fee", "profit", "one trade less", "equity of a bar"],
)
def test_a_difference_in_any_figure_is_seen(other: Found) -> None:
    """No engine is timed that found another trade, fee, balance or equity."""
    assert not compared(found(LONG, SHORT), other, CASH_USDT, rounds=False).holds


def test_a_trade_that_is_open_at_the_end_is_not_compared() -> None:
    """Engines close what is left by rules of their own: that trade, and the equity of the last bar, are left out."""
    ours = found(LONG, (*SHORT[:1], 10.0, *SHORT[2:]))
    theirs = found(LONG, (*SHORT[:1], 9.0, *SHORT[2:5], 1_000.0, 0.05555, 0.94445), curve=[*CURVE[:-1], 1_001.0])
    assert compared(ours, theirs, CASH_USDT, rounds=False).holds


def test_fees_are_compared_as_btcli_rounds_them() -> None:
    """A fee that is not rounded up at the eighth decimal agrees once it is, from the bar on at which it was paid."""
    exact = (1.0, 4.0, 1.0, 0.1, 1_000.00001, 1_010.0, 0.11055000055, 0.88944899945)
    rounded = (*exact[:6], 0.11055001, 0.88944899)  # an entry fee of 0.05500000055, rounded up to 0.05500001
    less = np.where(np.arange(BARS) >= 1, 0.05500001 - 0.05500000055, 0.0)
    ours, theirs = found(rounded, SHORT, curve=CURVE - less), found(exact, SHORT)
    assert compared(ours, theirs, CASH_USDT, rounds=True).holds
    assert not compared(ours, theirs, CASH_USDT, rounds=False).holds


def test_a_run_is_read_by_bars_from_the_windows_first(tmp_path: Path) -> None:
    """Times of a run's trades become bars of one minute, and what ends with the last bar lies behind it."""
    head = "side,qty,entry_ts,entry_price,exit_ts,exit_price,fees_usdt,net_pnl_usdt"
    row = "short,0.1,2021-01-02T00:04:00.000Z,1010.0,2021-01-02T00:10:00.000Z,1020.0,0.11165,-1.11165"
    (tmp_path / "trades.csv").write_text(f"{head}\n{row}\n")
    (tmp_path / "equity_curve.csv").write_text("ts,equity_usdt\nfirst,1000.0\nsecond,1001.5\n")
    run = recorded(tmp_path, 1_609_545_600_000)
    assert run.trades.tolist() == [[4.0, 10.0, -1.0, 0.1, 1_010.0, 1_020.0, 0.11165, -1.11165]]
    assert run.equity_usdt.tolist() == [1_000.0, 1_001.5]


def row(name: str, days: int, symbols: int, cpu_s: float) -> dict[str, Any]:
    """The figures of a contestant in two turns."""
    figures = {"wall_s": [cpu_s, 2 * cpu_s], "cpu_s": [cpu_s, cpu_s], "peak_mb": [50.0, 60.0]}
    work = {"work": f"{days} days, {symbols}", "days": days, "symbols": symbols}
    return {"name": name, **work, **figures, "count": 1_234, "sha256": ["abc"]}


ROWS = [row(name, days, symbols, 0.5 * days * symbols) for name in "ab" for days, symbols in ((7, 1), (28, 1), (7, 5))]


def test_ratios_are_taken_turn_by_turn_and_noise_is_named() -> None:
    """The ratio of a row to the leanest is that of their turns; figures that lie far apart are called noisy."""
    lean, other = row("lean", 7, 1, 1.0), {**row("other", 7, 1, 1.0), "wall_s": [3.0, 6.0]}
    assert list(table([lean, other], "lean"))[2:] == [
        "| lean | 1.50 (noisy: 1.00 to 2.00) | 1.00 | 55 | 1.0 | 1.0 | 1,234 | abc |",
        "| other | 4.50 (noisy: 3.00 to 6.00) | 1.00 | 55 | 3.0 | 1.0 | 1,234 | abc |",
    ]


def test_the_plot_has_a_point_for_every_figure() -> None:
    """Each contestant has a line over bars and one over symbols, through all its points."""
    drawn = ElementTree.fromstring(growth(ROWS))
    circles = drawn.findall("{http://www.w3.org/2000/svg}circle")
    assert len(circles) == len("ab") * (2 + 2)


def test_what_disagrees_is_told_as_left_out() -> None:
    """A contestant without parity is named with its reason, and so is what no setting makes the same."""
    parity = [
        {"name": "a", "holds": True, "told": "the same", "differs": "no fee at the end"},
        {"name": "b", "holds": False, "told": "cannot do it: no shorts"},
    ]
    head = {"machine": "m", "commit": "c", "candles": "g", "peers": {"p": "1"}, "repeats": 2, "base": "a"}
    rest = {"parity_of": "W1", "parity": parity, "rows": ROWS[:1], "variations": [], "left_out": ["what is slow"]}
    lines = list(said({**head, **rest}))
    assert "- b: cannot do it: no shorts. LEFT OUT" in lines
    assert "- another rule in a: no fee at the end" in lines
    assert "- left out: what is slow" in lines


def test_variations_stand_beside_each_peer_by_turns() -> None:
    """How many times as long a peer's loop and its batch take: 12 s and 10.4 s over 2 s, 6 s and 5.2 s over 2 s."""
    spent: dict[str, Any] = {"wall_s": [7.0, 7.0], "cpu_s": [7.0, 7.0], "peak_mb": [100.0, 100.0], "count": 5}
    inside = {"a peer, its loop": [12.0, 10.4], "a peer, its batch": [6.0, 5.2], "btcli, sweep": [2.0, 2.0]}
    rows = [{"name": name, "inside_s": both, "sha256": ["ab"], **spent} for name, both in inside.items()]
    head, _, *lines = variations_table(rows)
    assert head.startswith("| who | runs, wall s | a peer, its loop, over it | a peer, its batch, over it | process,")
    assert lines[-1] == "| btcli, sweep | 2.00 | 5.6 | 2.8 | 7.00 | 7.00 | 100 | 5 | ab |"
