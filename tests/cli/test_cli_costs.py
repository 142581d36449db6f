"""The tables of costs with more symbols than there is room for."""

from __future__ import annotations

from dataclasses import asdict

from rich.console import Console

from btcli.analysis.costs import SymbolCosts
from btcli.cli.shown.costs import SHOWN_SYMBOLS, symbol_table


def drawn(by_symbol: dict[str, SymbolCosts]) -> list[list[str]]:
    """The words of each line."""
    console = Console(width=120)
    with console.capture() as captured:
        console.print(symbol_table({name: asdict(costs) for name, costs in by_symbol.items()}))
    return [line.split() for line in captured.get().splitlines()]


def test_the_dearest_symbols_have_their_lines_and_the_rest_one() -> None:
    """Of twelve that cost 1 to 12 on 1,000 each, ten are shown, and the last two make 3 on 2,000: 15 bps."""
    costs = {f"S{n:02}": SymbolCosts(turnover_usdt=1_000.0, spread_usdt=float(n)) for n in range(1, 13)}
    _, *lines = drawn(costs)
    assert [line[0] for line in lines[:SHOWN_SYMBOLS]] == [f"S{n:02}" for n in range(12, 2, -1)]
    assert lines[0] == ["S12", "0.00", "12.00", "0.00", "0.00", "0.00", "12.00", "120.00"]
    assert lines[-1] == ["2", "others", "0.00", "3.00", "0.00", "0.00", "0.00", "3.00", "15.00"]


def test_funding_that_was_left_out_has_no_figure() -> None:
    """An absent figure instead of a 0, in the lines of the symbols and in that of the rest; sums leave it out."""
    costs = {f"S{n:02}": asdict(SymbolCosts(turnover_usdt=1_000.0, spread_usdt=float(n))) for n in range(1, 13)}
    left_out = {
        name: {**each, "funding_paid_usdt": None, "funding_received_usdt": None} for name, each in costs.items()
    }
    console = Console(width=120)
    with console.capture() as captured:
        console.print(symbol_table(left_out))
    _, first, *_, rest = (line.split() for line in captured.get().splitlines())
    assert first == ["S12", "0.00", "12.00", "0.00", "0.00", "–", "12.00", "120.00"]
    assert rest == ["2", "others", "0.00", "3.00", "0.00", "0.00", "–", "3.00", "15.00"]


def test_each_part_stands_in_its_column() -> None:
    """Fees of three kinds are one sum, and what came in as funding is taken off."""
    one = SymbolCosts(
        turnover_usdt=10_000.0,
        taker_fees_usdt=3.0,
        maker_fees_usdt=2.0,
        liquidation_fees_usdt=1.0,
        spread_usdt=4.0,
        stop_slippage_usdt=5.0,
        impact_usdt=7.0,
        funding_paid_usdt=9.0,
        funding_received_usdt=10.0,
    )
    _, line = drawn({"BTCUSDT": one})
    assert line == ["BTCUSDT", "6.00", "4.00", "5.00", "7.00", "-1.00", "21.00", "21.00"]
