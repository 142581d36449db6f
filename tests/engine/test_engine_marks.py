"""The mark of a step has one source, and everything that is valued is valued at it."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest
from engine_worlds import MARK_PRICE, Scripted, at, candles, inputs_of, run, system_of

import btcli.exchange
from btcli.exchange.events import EQUITY_COLUMNS
from btcli.strategies import Direction, Signal

UNREALIZED, EQUITY, CASH, QTY = (
    EQUITY_COLUMNS.index(name) for name in ("unrealized_pnl_usdt", "equity_usdt", "cash_usdt", "position_qty")
)


def sources() -> dict[str, ast.Module]:
    """The syntax trees of the exchange's modules by name."""
    folder = Path(btcli.exchange.__file__).parent
    return {path.stem: ast.parse(path.read_text()) for path in folder.glob("*.py")}


def test_mark_computed_once_per_step() -> None:
    """One function gives a position its mark, and a step calls it once."""
    writers = [
        function.name
        for tree in sources().values()
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Subscript) and ast.unparse(target.slice) == "'mark'"
    ]
    calls = [
        node
        for node in ast.walk(sources()["step"])
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "mark_positions"
    ]
    assert (writers, len(calls)) == (["mark_positions"], 1)


@pytest.mark.parametrize(("side", "sign"), [(Direction.LONG, 1), (Direction.SHORT, -1)])
def test_mark_to_market_uses_the_exchanges_mark(side: Direction, sign: int) -> None:
    """An open position is worth what the mark candle's close says, wherever the last price is."""
    system = system_of(60, "{exec: 1m, ltf: 5m}", mark="mark")
    marks = candles(np.linspace(40_000, 40_590, 60))
    _, told = run(system, inputs_of(system, candles([40_000.0] * 60), marks), Scripted(at(10, Signal(side))))
    entry = told.all_trades[0].entry_price
    held = [row for row in told.rows if row[QTY]]
    assert len(held) > 40
    for row in held:
        assert row[UNREALIZED] == pytest.approx(sign * 0.01 * (row[MARK_PRICE] - entry), rel=1e-12)
        assert row[EQUITY] == pytest.approx(row[CASH] + row[UNREALIZED], rel=1e-12)
    assert [row[MARK_PRICE] for row in told.rows] == marks["close"].to_list()
