"""The book of a run before its first step: its terms as numbers, the account, the instruments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from btcli.exchange.book import codes
from btcli.exchange.book.given import NO_LEVEL
from btcli.exchange.book.records import BOOK, MAX_SYMBOLS, NEVER, Record, Records
from btcli.exchange.face.instrument import Instrument, instrument_records


class Terms(NamedTuple):
    """The choices of a run that the rulebook leaves open; amounts in USDT, percentages as such.

    Steps that open before `maintenance_by_entry_until_ms` (milliseconds UTC; 0: none do) take the maintenance
    margin of the value at entry, later ones that of the value at the mark.
    """

    path: str = "pessimistic"
    trigger_by: str = "last"
    limit_rule: str = "trade_through"
    take_profit_order: str = "market"
    on_liquidation: str = "stop"
    stop_vs_liquidation: str = "warn"
    sizing: str = "qty"
    sizing_value: float = 0.0
    costs_in_risk: bool = True
    max_notional_usdt: float | None = None
    stop_equity_usdt: float = 0.0
    max_drawdown_pct: float | None = None
    margin_mode: str = "isolated"
    liquidation: str = "ladder"
    zero_volume: str = "fill"
    max_open_positions: int | None = None
    daily_loss_pct: float | None = None
    delay_bars: int = 0
    maintenance_by_entry_until_ms: int = 0
    on_opposite: str = "ignore"
    max_bars_in_trade: int | None = None


def _write_terms(record: Record, terms: Terms, *, n_steps: int, has_mark: bool) -> None:
    modes = ("warn", "reject", "adjust")
    record["path"] = codes.PATH_NAMES.index(terms.path)
    record["trigger_by_mark"] = ("last", "mark").index(terms.trigger_by)
    record["has_one_series"] = terms.trigger_by == "mark" or not has_mark
    record["trade_through"] = ("touch", "trade_through").index(terms.limit_rule)
    record["target_is_limit"] = ("market", "limit").index(terms.take_profit_order)
    record["stop_on_liquidation"] = ("continue", "stop").index(terms.on_liquidation)
    record["stop_vs_liquidation"] = modes.index(terms.stop_vs_liquidation)
    record["sizing"] = codes.SIZING_NAMES.index(terms.sizing)
    record["sizing_value"] = terms.sizing_value
    record["costs_in_risk"] = terms.costs_in_risk
    record["max_notional_usdt"] = terms.max_notional_usdt or 0.0
    record["stop_equity_usdt"] = terms.stop_equity_usdt
    record["max_drawdown_pct"] = terms.max_drawdown_pct or 0.0
    record["is_cross"] = ("isolated", "cross").index(terms.margin_mode)
    record["is_ladder"] = ("full", "ladder").index(terms.liquidation)
    record["cancels_on_zero_volume"] = ("fill", "cancel").index(terms.zero_volume)
    record["max_open_positions"] = terms.max_open_positions or 0
    record["daily_loss_pct"] = terms.daily_loss_pct or 0.0
    record["delay_bars"] = terms.delay_bars
    record["maintenance_by_entry_until_ms"] = terms.maintenance_by_entry_until_ms
    record["on_opposite"] = codes.OPPOSITE_NAMES.index(terms.on_opposite)
    record["max_bars_in_trade"] = terms.max_bars_in_trade or 0
    record["n_steps"] = n_steps


def _open_account(account: Record, initial_equity_usdt: float) -> None:
    for name in ("initial_equity_usdt", "cash_usdt", "equity_usdt", "peak_equity_usdt"):
        account[name] = initial_equity_usdt
    account["next_order_id"] = 1
    account["next_trade_id"] = 1
    account["nearest_liquidation"] = -1.0


def _enter_instruments(
    book: Record,
    instruments: Sequence[Instrument],
    settlements: Sequence[int],
    has_bar: NDArray[np.uint8],
    delisted: Sequence[bool] | None,
) -> None:
    count = len(instruments)
    book["n_symbols"] = count
    rows, positions = book["instruments"][:count], book["positions"][:count]
    ends = np.cumsum(settlements)
    rows[:] = instrument_records(instruments)
    rows["funding_end"] = ends
    rows["last_step"] = _last_steps(has_bar, delisted)
    positions["symbol"] = np.arange(count)
    positions["next_funding"] = ends - settlements
    for name in ("stop_price", "trail_price"):
        positions[name] = NO_LEVEL


def _last_steps(has_bar: NDArray[np.uint8], delisted: Sequence[bool] | None) -> list[int]:
    """The step of the last bar of each symbol that ends inside the window; one past the end for those that go on."""
    steps = has_bar.shape[1]
    ends = [int(np.flatnonzero(row)[-1]) if row.any() else -1 for row in has_bar]
    ended = [end < steps - 1 for end in ends] if delisted is None else delisted
    return [end if is_over else steps for end, is_over in zip(ends, ended, strict=True)]


def fresh_books(
    instruments: Sequence[Instrument],
    terms: Terms,
    initial_equity_usdt: float,
    settlements: Sequence[int],
    has_bar: NDArray[np.uint8],
    delisted: Sequence[bool] | None = None,
    *,
    has_mark: bool = True,
) -> Records:
    """An array of one book; `settlements` counts those of each symbol, `has_bar` is [symbols, steps].

    `delisted` says which symbols end with their last bar; without it those do that have none at the last step.
    Without a mark series of its own (`has_mark`) the last price is the mark.

    Raises ValueError when there are no symbols or more than a book holds.
    """
    if not 0 < len(instruments) <= MAX_SYMBOLS:
        raise ValueError(f"an exchange has 1 to {MAX_SYMBOLS} symbols, got {len(instruments)}")
    books = np.zeros(1, BOOK)
    book = books[0]
    _write_terms(book["terms"], terms, n_steps=has_bar.shape[1], has_mark=has_mark)
    _open_account(book["account"], initial_equity_usdt)
    _enter_instruments(book, instruments, settlements, has_bar, delisted)
    book["cursor"]["asked"] = -1
    book["deciders"]["look_from"] = NEVER
    return books
