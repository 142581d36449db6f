"""The simulated exchange as the rest of the program sees it: prices in, decisions in, events and balances out."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from btcli.exchange import codes
from btcli.exchange.events import Counters, Event, Trade
from btcli.exchange.instrument import Instrument, instrument_records
from btcli.exchange.observe import STATE_FIELDS, observe
from btcli.exchange.request import OrderRequest, write_request
from btcli.exchange.step import advance
from btcli.exchange.submit import add_margin, cancel_orders, has_room_for_order, submit_close, submit_entry
from btcli.exchange.telling import events_of, trades_of
from btcli.exchange.values import ACCOUNT, BOOK, MAX_ORDERS, MAX_SYMBOLS, ROW_WIDTH, Record, Records, Tape

Floats = NDArray[np.float64]
Funding = tuple[NDArray[np.int64], Floats, Floats]  # times, rates, marks (0 where not known)


class ExchangeRules(NamedTuple):
    """The choices of a run that the rulebook leaves open; amounts in USDT, percentages as such."""

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
    liquidation: str = "full"
    zero_volume: str = "fill"
    max_open_positions: int | None = None
    daily_loss_pct: float | None = None
    delay_bars: int = 0


class StepResult(NamedTuple):
    """The close of the last step that was run, and what happened since the call before."""

    ts_close: int
    mark_price: float
    mark_price_source: str
    events: list[Event]
    closed_trades: list[Trade]

    @property
    def fills(self) -> list[Event]:
        """The fills among the events."""
        return [event for event in self.events if event.name == "order_filled"]

    @property
    def funding(self) -> list[Event]:
        """The settlements among the events."""
        return [event for event in self.events if event.name == "funding_settled"]

    @property
    def liquidations(self) -> list[Event]:
        """The liquidations among the events."""
        return [event for event in self.events if event.name == "liquidated"]


def _write_rules(record: Record, rules: ExchangeRules, *, n_steps: int, mark_is_last: bool) -> None:
    modes = ("warn", "reject", "adjust")
    record["path"] = codes.PATH_NAMES.index(rules.path)
    record["trigger_by_mark"] = ("last", "mark").index(rules.trigger_by)
    record["mark_is_last"] = mark_is_last
    record["trade_through"] = ("touch", "trade_through").index(rules.limit_rule)
    record["target_is_limit"] = ("market", "limit").index(rules.take_profit_order)
    record["stop_on_liquidation"] = ("continue", "stop").index(rules.on_liquidation)
    record["stop_vs_liquidation"] = modes.index(rules.stop_vs_liquidation)
    record["sizing"] = codes.SIZING_NAMES.index(rules.sizing)
    record["sizing_value"] = rules.sizing_value
    record["costs_in_risk"] = rules.costs_in_risk
    record["max_notional_usdt"] = rules.max_notional_usdt or 0.0
    record["stop_equity_usdt"] = rules.stop_equity_usdt
    record["max_drawdown_pct"] = rules.max_drawdown_pct or 0.0
    record["is_cross"] = ("isolated", "cross").index(rules.margin_mode)
    record["is_ladder"] = ("full", "ladder").index(rules.liquidation)
    record["cancels_on_zero_volume"] = ("fill", "cancel").index(rules.zero_volume)
    record["max_open_positions"] = rules.max_open_positions or 0
    record["daily_loss_pct"] = rules.daily_loss_pct or 0.0
    record["delay_bars"] = rules.delay_bars
    record["n_steps"] = n_steps


def _open_account(account: Record, initial_equity_usdt: float) -> None:
    for name in ("initial_equity_usdt", "cash_usdt", "equity_usdt", "peak_equity_usdt"):
        account[name] = initial_equity_usdt
    account["next_order_id"] = 1
    account["next_trade_id"] = 1
    account["nearest_liquidation"] = -1.0


def _stacked(columns: Sequence[Floats]) -> Floats:
    """One array [symbols, steps, columns], owned, contiguous and writable: numba sees one type."""
    return np.array(np.stack([np.asarray(column, np.float64) for column in columns]), order="C")


def _joined(parts: Sequence[Any], dtype: Any) -> Any:
    return np.array(np.concatenate([np.asarray(part, dtype) for part in parts]), dtype=dtype, order="C")


class SimulatedExchange:
    """One account on one exchange; see the rulebook for what a step does."""

    def __init__(
        self,
        *,
        symbols: Sequence[str],
        ts_open: NDArray[np.int64],
        step_ms: int | NDArray[np.int64],
        last: Sequence[Floats],
        mark: Sequence[Floats] | None,
        funding: Sequence[Funding],
        instruments: Sequence[Instrument],
        rules: ExchangeRules,
        initial_equity_usdt: float,
        has_bar: Sequence[NDArray[np.bool_]] | None = None,
    ) -> None:
        """`last` and `mark` hold an array [steps, O H L C V] a symbol; without `mark` the last price is the mark.
        `step_ms` is the length of the steps, or of each.

        Raises ValueError when a price is not positive and finite where there is a bar.
        """
        if not 0 < len(symbols) <= MAX_SYMBOLS:
            raise ValueError(f"an exchange has 1 to {MAX_SYMBOLS} symbols, got {len(symbols)}")
        self.symbols = tuple(symbols)
        self._mark_source = "last" if mark is None else "mark"
        self._tape = _tape(ts_open, step_ms, last, mark, funding, has_bar)
        self._books = _fresh_books(instruments, [len(times) for times, _, _ in funding], self._tape.has_bar)
        self._book = self._books[0]
        n_steps = len(ts_open)
        _write_rules(self._book["rules"], rules, n_steps=n_steps, mark_is_last=mark is None)
        _open_account(self._book["account"], initial_equity_usdt)
        account, first = self._books["account"], self._books["positions"][:, 0]
        # views of single fields: reading them is much cheaper than reading through the record
        self._status, self._n_events, self._n_trades = account["status"], account["n_events"], account["n_trades"]
        self._ts_close, self._mark = account["ts_close"], first["mark"]
        self._sides = self._books["positions"]["side"][0]
        self._observed = np.zeros(len(STATE_FIELDS))
        self._events: list[Event] = []
        self._trades: list[Trade] = []
        self._rows: list[tuple[NDArray[np.int64], Floats]] = []

    @property
    def steps(self) -> int:
        """How many steps there are."""
        return len(self._tape.ts_open)

    @property
    def status(self) -> str:
        """RUNNING, or why the run has ended."""
        return codes.RUN_STATUS_NAMES[self._status.item()]

    def advance(self, i: int, j: int) -> StepResult:
        """Run steps i to j - 1 (fewer when the run ends on the way); the result is that of the last one run."""
        return self._run(i, j, False)[0]

    def advance_while_held(self, i: int, j: int) -> tuple[StepResult, int]:
        """As `advance`, but stop after the first step that leaves no position; also the next step to run."""
        return self._run(i, j, True)

    def _run(self, i: int, j: int, until_flat: bool) -> tuple[StepResult, int]:
        first_event, first_trade = len(self._events), len(self._trades)
        goes_on = i < j
        while goes_on and self._status.item() == codes.RUNNING:
            i = advance(*self._tape, self._books, i, j, until_flat)
            self._tell()
            goes_on = i < j and not (until_flat and not self._sides.any())
            if goes_on:
                self._keep_rows()
        result = StepResult(
            self._ts_close.item(),
            self._mark.item(),
            self._mark_source,
            self._events[first_event:],
            self._trades[first_trade:],
        )
        return result, i

    def _tell(self) -> None:
        """Empty the buffers of events and trades."""
        if n := self._n_events.item():
            self._events += events_of(self._book["events"][:n], self.symbols)
            self._n_events[0] = 0
            if n := self._n_trades.item():
                self._trades += trades_of(self._book["trades"][:n], self.symbols)
                self._n_trades[0] = 0

    def _keep_rows(self) -> None:
        """Empty the buffer of equity rows."""
        account = self._book["account"]
        if n := int(account["n_rows"]):
            self._rows.append((self._book["row_ts"][:n].copy(), self._book["rows"][:n].copy()))
            account["n_rows"] = 0

    def _make_room_for_order(self) -> None:
        if not has_room_for_order(self._books):
            self._tell()
        if self._book["account"]["n_orders"] >= MAX_ORDERS:
            raise ValueError(f"at most {MAX_ORDERS} orders can be live at the same time")

    def submit_entry(self, symbol: int, side: int, **fields: Any) -> int:
        """Submit an entry with the fields of OrderRequest; returns its id, 0 while entries are disabled."""
        self._make_room_for_order()
        write_request(self._books["request"], OrderRequest(symbol, int(side), **fields))
        order_id = submit_entry(self._books)
        self._tell()
        return int(order_id)

    def submit_close(self, symbol: int, reason: str = "signal", **fields: Any) -> int:
        """Submit an order that reduces the position, all of it unless `qty` is given; returns its id, 0 when flat."""
        self._make_room_for_order()
        write_request(self._books["request"], OrderRequest(symbol, codes.FLAT, **fields))
        self._book["request"]["exit_reason"] = codes.EXIT_NAMES.index(reason)
        order_id = submit_close(self._books)
        self._tell()
        return int(order_id)

    def cancel_orders(self, symbol: int) -> None:
        """Take back every order of a symbol that is not filled yet; the position's bracket stays."""
        self._make_room_for_order()
        cancel_orders(self._books, symbol)
        self._tell()

    def add_margin(self, symbol: int, amount_usdt: float) -> float:
        """Move an amount from the available balance into an isolated position; returns what was moved."""
        self._make_room_for_order()
        moved = add_margin(self._books, symbol, float(amount_usdt))
        self._tell()
        return float(moved)

    def state(self, symbol: int = 0) -> dict[str, Any]:
        """The account and one symbol's position as of the last close; money in USDT."""
        observe(self._books, symbol, self._observed)
        seen = dict(zip(STATE_FIELDS, self._observed.tolist(), strict=True))
        code = int(seen["entries_disabled"])
        seen["side"] = int(seen["side"])
        return seen | {
            "has_position": seen["side"] != 0,
            "entries_disabled": code != 0,
            "entries_disabled_reason": codes.CODE_NAMES[code] or None,
        }

    def holds(self, symbol: int) -> bool:
        """Whether a symbol has a position."""
        return bool(self._sides.item(symbol))

    def side(self, symbol: int) -> int:
        """The side of a symbol's position; 0 when flat."""
        return int(self._sides.item(symbol))

    def mark_price(self, symbol: int) -> float:
        """The mark of a symbol at its last close."""
        return float(self._book["positions"][symbol]["mark"])

    def drain_events(self) -> list[Event]:
        """The events since the last call."""
        events, self._events = self._events, []
        return events

    def drain_trades(self) -> list[Trade]:
        """The trades that ended since the last call."""
        trades, self._trades = self._trades, []
        return trades

    def drain_equity(self) -> tuple[NDArray[np.int64], Floats]:
        """The equity rows since the last call: ts_close int64 [k], and float64 [k, EQUITY_COLUMNS]."""
        self._keep_rows()
        rows, self._rows = self._rows, []
        if not rows:
            return np.zeros(0, np.int64), np.zeros((0, ROW_WIDTH))
        return np.concatenate([ts for ts, _ in rows]), np.concatenate([values for _, values in rows])

    def state_hash(self) -> str:
        """The sha256 of everything that decides what comes next; the same for any cutting into chunks."""
        self._keep_rows()  # what waits in a buffer depends on how the steps were cut
        account = self._book["account"]
        parts = (
            account,
            self._book["positions"][: len(self.symbols)],
            self._book["orders"][: account["n_orders"]],
            self._book["refusals"],
        )
        digest = hashlib.sha256()
        for part in parts:
            digest.update(part.tobytes())
        return digest.hexdigest()

    def counters(self) -> Counters:
        """The sums of the run so far."""
        account = _named(self._book["account"], ACCOUNT)
        names = [name for name in Counters._fields if name in account]
        nearest = account["nearest_liquidation"]
        refused = {name: int(n) for name, n in zip(codes.CODE_NAMES, self._book["refusals"], strict=False) if n}
        return Counters(
            **{name: account[name] for name in names},
            refusals=dict(sorted(refused.items())),
            nearest_liquidation_pct=nearest * 100.0 if nearest >= 0.0 else None,
        )


def _named(record: Record, dtype: np.dtype[Any]) -> dict[str, Any]:
    return dict(zip(dtype.names or (), record.item(), strict=True))


def _tape(
    ts_open: NDArray[np.int64],
    step_ms: int | NDArray[np.int64],
    last: Sequence[Floats],
    mark: Sequence[Floats] | None,
    funding: Sequence[Funding],
    has_bar: Sequence[NDArray[np.bool_]] | None,
) -> Tape:
    trade_bars = _stacked(last)
    mark_bars = trade_bars if mark is None else _stacked(mark)
    present = np.ones((len(last), len(ts_open)), np.uint8) if has_bar is None else np.stack(has_bar).astype(np.uint8)
    _refuse_bad_prices(trade_bars, mark_bars, present)
    return Tape(
        ts_open=np.array(ts_open, np.int64),
        ts_close=np.array(ts_open + step_ms, np.int64),
        last=trade_bars,
        mark=mark_bars,
        has_bar=np.ascontiguousarray(present),
        funding_ts=_joined([times for times, _, _ in funding], np.int64),
        funding=_joined([np.column_stack([rates, marks]) for _, rates, marks in funding], np.float64),
    )


def _fresh_books(instruments: Sequence[Instrument], settlements: Sequence[int], has_bar: NDArray[np.uint8]) -> Records:
    books = np.zeros(1, BOOK)
    count = len(instruments)
    books["n_symbols"] = count
    books["instruments"][0, :count] = instrument_records(instruments)
    positions = books["positions"][0, :count]
    ends = np.cumsum(settlements)
    positions["symbol"] = np.arange(count)
    positions["next_funding"] = ends - settlements
    instrument_rows = books["instruments"][0, :count]
    instrument_rows["funding_end"] = ends
    instrument_rows["last_step"] = [int(np.flatnonzero(row)[-1]) if row.any() else -1 for row in has_bar]
    return books


def _refuse_bad_prices(last: Floats, mark: Floats, present: NDArray[np.uint8]) -> None:
    there = present.astype(bool)
    for name, bars in (("last", last), ("mark", mark)):
        prices = bars[there][:, :4]
        if not bool(np.all(np.isfinite(prices) & (prices > 0.0))):
            raise ValueError(f"every {name} price of a bar is positive and finite")
