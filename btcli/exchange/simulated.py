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
from btcli.exchange.request import OrderRequest, write_request
from btcli.exchange.step import advance
from btcli.exchange.submit import add_margin, cancel_orders, has_room_for_order, submit_close, submit_entry
from btcli.exchange.telling import events_of, trades_of
from btcli.exchange.values import ACCOUNT, EVENT, ORDER, POSITION, ROW_WIDTH, RULES, TRADE, Record, Records, World

Floats = NDArray[np.float64]
Funding = tuple[NDArray[np.int64], Floats, Floats]  # times, rates, marks (0 where not known)

EVENT_CAPACITY = 4096
TRADE_CAPACITY = 512
ROW_CAPACITY = 16384
ORDER_CAPACITY = 64


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


def _rules_record(rules: ExchangeRules, *, step_ms: int, mark_is_last: bool) -> Records:
    record = np.zeros(1, RULES)
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
    record["step_ms"] = step_ms
    record["is_cross"] = ("isolated", "cross").index(rules.margin_mode)
    record["is_ladder"] = ("full", "ladder").index(rules.liquidation)
    record["cancels_on_zero_volume"] = ("fill", "cancel").index(rules.zero_volume)
    record["max_open_positions"] = rules.max_open_positions or 0
    record["daily_loss_pct"] = rules.daily_loss_pct or 0.0
    record["delay_bars"] = rules.delay_bars
    return record


def _fresh_account(initial_equity_usdt: float) -> Records:
    account = np.zeros(1, ACCOUNT)
    for name in ("initial_equity_usdt", "cash_usdt", "equity_usdt", "peak_equity_usdt"):
        account[name] = initial_equity_usdt
    account["next_order_id"] = 1
    account["next_trade_id"] = 1
    account["nearest_liquidation"] = -1.0
    return account


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
        step_ms: int,
        last: Sequence[Floats],
        mark: Sequence[Floats] | None,
        funding: Sequence[Funding],
        instruments: Sequence[Instrument],
        rules: ExchangeRules,
        initial_equity_usdt: float,
        has_bar: Sequence[NDArray[np.bool_]] | None = None,
    ) -> None:
        """`last` and `mark` hold an array [steps, O H L C V] a symbol; without `mark` the last price is the mark.

        Raises ValueError when a price is not positive and finite where there is a bar.
        """
        self.symbols = tuple(symbols)
        steps = len(ts_open)
        trade_bars = _stacked(last)
        mark_bars = trade_bars if mark is None else _stacked(mark)
        present = np.ones((len(symbols), steps), np.uint8) if has_bar is None else np.stack(has_bar).astype(np.uint8)
        _refuse_bad_prices(trade_bars, mark_bars, present)
        instrument_rows, tiers = instrument_records(instruments)
        positions = np.zeros(len(symbols), POSITION)
        counts = np.cumsum([len(times) for times, _, _ in funding])
        positions["symbol"] = np.arange(len(symbols))
        positions["funding_end"] = counts
        positions["last_step"] = [int(np.flatnonzero(row)[-1]) if row.any() else -1 for row in present]
        positions["next_funding"] = np.concatenate([[0], counts[:-1]])
        self._mark_source = "last" if mark is None else "mark"
        self._world = World(
            ts_open=np.array(ts_open, np.int64),
            last=trade_bars,
            mark=mark_bars,
            has_bar=np.ascontiguousarray(present),
            funding_ts=_joined([times for times, _, _ in funding], np.int64),
            funding=_joined([np.column_stack([rates, marks]) for _, rates, marks in funding], np.float64),
            instruments=instrument_rows,
            tiers=tiers,
            rules=_rules_record(rules, step_ms=step_ms, mark_is_last=mark is None),
            account=_fresh_account(initial_equity_usdt),
            positions=positions,
            refusals=np.zeros(len(codes.CODE_NAMES), np.int64),
            request=np.zeros(1, ORDER),
            orders=np.zeros(ORDER_CAPACITY, ORDER),
            events=np.zeros(EVENT_CAPACITY, EVENT),
            trades=np.zeros(TRADE_CAPACITY, TRADE),
            rows=np.zeros((ROW_CAPACITY, ROW_WIDTH)),
            row_ts=np.zeros(ROW_CAPACITY, np.int64),
        )
        self._events: list[Event] = []
        self._trades: list[Trade] = []
        self._rows: list[tuple[NDArray[np.int64], Floats]] = []

    @property
    def steps(self) -> int:
        """How many steps there are."""
        return len(self._world.ts_open)

    @property
    def status(self) -> str:
        """RUNNING, or why the run has ended."""
        return codes.RUN_STATUS_NAMES[int(self._world.account[0]["status"])]

    def advance(self, i: int, j: int) -> StepResult:
        """Run steps i to j - 1 (fewer when the run ends on the way); the result is that of the last one run."""
        first_event, first_trade = len(self._events), len(self._trades)
        account = self._world.account[0]
        while i < j and account["status"] == codes.RUNNING:
            reached = advance(self._world, i, j)
            self._empty_buffers()
            if reached == i:
                self._grow_buffers()
            i = reached
        position = self._world.positions[0]
        return StepResult(
            int(position["closed_at"]),
            float(position["mark"]),
            self._mark_source,
            self._events[first_event:],
            self._trades[first_trade:],
        )

    def _empty_buffers(self) -> None:
        world, account = self._world, self._world.account[0]
        if account["n_events"]:
            self._events += events_of(world.events[: account["n_events"]], self.symbols)
        if account["n_trades"]:
            self._trades += trades_of(world.trades[: account["n_trades"]], self.symbols)
        if account["n_rows"]:
            n = int(account["n_rows"])
            self._rows.append((world.row_ts[:n].copy(), world.rows[:n].copy()))
        account["n_events"] = account["n_trades"] = account["n_rows"] = 0

    def _grow_buffers(self) -> None:
        """Double what one step can write; the buffers are empty."""
        world = self._world
        self._world = world._replace(
            events=np.zeros(2 * len(world.events), EVENT), trades=np.zeros(2 * len(world.trades), TRADE)
        )

    def _make_room_for_order(self) -> None:
        if not has_room_for_order(self._world):
            self._empty_buffers()
            world = self._world
            n_orders = int(world.account[0]["n_orders"])
            if n_orders >= len(world.orders):
                orders = np.concatenate([world.orders, np.zeros(len(world.orders), ORDER)])
                self._world = world = world._replace(orders=orders)
            if n_orders + 1 >= len(world.events):
                self._world = world._replace(events=np.zeros(4 * n_orders, EVENT))

    def submit_entry(self, symbol: int, side: int, **fields: Any) -> int:
        """Submit an entry with the fields of OrderRequest; returns its id, 0 while entries are disabled."""
        self._make_room_for_order()
        write_request(self._world.request, OrderRequest(symbol, int(side), **fields))
        order_id = submit_entry(self._world)
        self._empty_buffers()
        return int(order_id)

    def submit_close(self, symbol: int, reason: str = "signal", **fields: Any) -> int:
        """Submit an order that reduces the position, all of it unless `qty` is given; returns its id, 0 when flat."""
        self._make_room_for_order()
        write_request(self._world.request, OrderRequest(symbol, codes.FLAT, **fields))
        self._world.request["exit_reason"] = codes.EXIT_NAMES.index(reason)
        order_id = submit_close(self._world)
        self._empty_buffers()
        return int(order_id)

    def cancel_orders(self, symbol: int) -> None:
        """Take back every order of a symbol that is not filled yet; the position's bracket stays."""
        self._make_room_for_order()
        cancel_orders(self._world, symbol)
        self._empty_buffers()

    def add_margin(self, symbol: int, amount_usdt: float) -> float:
        """Move an amount from the available balance into an isolated position; returns what was moved."""
        self._make_room_for_order()
        moved = add_margin(self._world, symbol, float(amount_usdt))
        self._empty_buffers()
        return float(moved)

    def state(self, symbol: int = 0) -> dict[str, Any]:
        """The account and one symbol's position as of the last close; money in USDT."""
        a, p = _named(self._world.account[0], ACCOUNT), _named(self._world.positions[symbol], POSITION)
        balance = a["equity_usdt"] if self._world.rules[0]["is_cross"] else a["cash_usdt"]
        free = balance - a["used_usdt"] - a["reserved_usdt"]
        side, qty, mark = p["side"], p["qty"], p["mark"]
        return {
            "equity_usdt": a["equity_usdt"],
            "cash_usdt": a["cash_usdt"],
            "used_margin_usdt": a["used_usdt"],
            "free_margin_usdt": free,
            "available_balance_usdt": max(0.0, free),
            "maintenance_margin_usdt": a["maintenance_usdt"],
            "reserved_usdt": a["reserved_usdt"],
            "has_position": side != 0,
            "side": side,
            "qty": qty,
            "notional_usdt": qty * mark,
            "entry_price": p["entry_price"],
            "unrealized_pnl_usdt": side * qty * (mark - p["entry_price"]) + 0.0,
            "liquidation_price": p["liquidation_price"],
            "entries_disabled": a["entries_disabled"] != 0,
            "entries_disabled_reason": codes.CODE_NAMES[a["entries_disabled"]] or None,
        }

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
        rows, self._rows = self._rows, []
        if not rows:
            return np.zeros(0, np.int64), np.zeros((0, ROW_WIDTH))
        return np.concatenate([ts for ts, _ in rows]), np.concatenate([values for _, values in rows])

    def state_hash(self) -> str:
        """The sha256 of everything that decides what comes next; the same for any cutting into chunks."""
        world = self._world
        orders = world.orders[: world.account[0]["n_orders"]]
        digest = hashlib.sha256()
        for part in (world.account, world.positions, orders, world.refusals):
            digest.update(part.tobytes())
        return digest.hexdigest()

    def counters(self) -> Counters:
        """The sums of the run so far."""
        account = _named(self._world.account[0], ACCOUNT)
        names = [name for name in Counters._fields if name in account]
        nearest = account["nearest_liquidation"]
        refused = {name: int(n) for name, n in zip(codes.CODE_NAMES, self._world.refusals, strict=True) if n}
        return Counters(
            **{name: account[name] for name in names},
            refusals=dict(sorted(refused.items())),
            nearest_liquidation_pct=nearest * 100.0 if nearest >= 0.0 else None,
        )


def _named(record: Record, dtype: np.dtype[Any]) -> dict[str, Any]:
    return dict(zip(dtype.names or (), record.item(), strict=True))


def _refuse_bad_prices(last: Floats, mark: Floats, present: NDArray[np.uint8]) -> None:
    there = present.astype(bool)
    for name, bars in (("last", last), ("mark", mark)):
        prices = bars[there][:, :4]
        if not bool(np.all(np.isfinite(prices) & (prices > 0.0))):
            raise ValueError(f"every {name} price of a bar is positive and finite")
