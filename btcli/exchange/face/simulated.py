"""The simulated exchange as the rest of the program sees it: prices in, decisions in, events and balances out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from btcli.exchange.book import codes
from btcli.exchange.book.records import ROW_WIDTH, Floats, Records
from btcli.exchange.book.states import STATE_FIELDS
from btcli.exchange.book.terms import Terms
from btcli.exchange.book.told import TRADE
from btcli.exchange.face.calendar import Texts
from btcli.exchange.face.counting import counters_of
from btcli.exchange.face.deciding import Deciders
from btcli.exchange.face.entries import (
    add_margin,
    cancel_orders,
    drive,
    has_room_to_tell,
    observe,
    submit_close,
    submit_entry,
)
from btcli.exchange.face.events import Counters, Event, Trade
from btcli.exchange.face.first_state import fresh_books, write_first_state
from btcli.exchange.face.instrument import Instrument
from btcli.exchange.face.request import OrderRequest, write_request
from btcli.exchange.face.state_hash import hash_of
from btcli.exchange.face.step_result import StepResult
from btcli.exchange.face.tape import Market
from btcli.exchange.face.telling import EndedTrades, Told
from btcli.exchange.face.wish import Wish
from btcli.exchange.face.writing import WishWriter
from btcli.exchange.machine.compiled import locked, proved_by

PIECE = 4096  # events that are told at a time
proved_by(drive, "btcli.exchange.face.proof:mini_run")


class SimulatedExchange:
    """One account on one exchange; see the rulebook for what a step does."""

    def __init__(
        self, market: Market, instruments: Sequence[Instrument], terms: Terms, initial_equity_usdt: float
    ) -> None:
        """Raises ValueError for too many symbols, and for what an instrument cannot be."""
        self.symbols = market.symbols
        self._market, self._tape = market, market.tape
        self._texts = Texts(market.texts)
        self._books = fresh_books()
        self._book = write_first_state(self._books, market, instruments, terms, initial_equity_usdt)
        account, first = self._books["account"], self._books["positions"][:, 0]
        # views of single fields: reading them is much cheaper than reading through the record
        self._status, self._n_events, self._n_trades = account["status"], account["n_events"], account["n_trades"]
        self._ts_close, self._mark, self._step = account["ts_close"], first["mark"], account["step"]
        self._asked, self._answered = self._books["cursor"]["asked"], self._books["cursor"]["is_answered"]
        self._seen, self._wish = self._book["seen"], self._book["wish"]
        self._writer = WishWriter(self._wish, market.bar_ms)
        self._addresses, self._drive = (self._tape.address, int(self._books.ctypes.data)), locked(drive)
        step, asked = account["step"], self._asked
        self._place: tuple[Any, Any] = memoryview(step), memoryview(asked)  # type: ignore[arg-type]
        self._events: list[Event] = []
        self._ended: list[Records] = []
        self._rows: list[tuple[NDArray[np.int64], Floats]] = []
        self.deciders = Deciders(self._book["deciders"], self._texts)

    @property
    def steps(self) -> int:
        """How many steps there are."""
        return len(self._tape.ts_open)

    @property
    def status(self) -> str:
        """RUNNING, or why the run has ended."""
        return codes.RUN_STATUS_NAMES[self._status.item()]

    def drive(self, until: int) -> int:
        """Run the steps before `until` up to where somebody is to be asked; returns why it came back.

        One of book.codes: ASK or LOOK (see `seen`), FULL (see `told`), DONE, or ENDED.
        """
        why = self._drive(*self._addresses, until)
        if why == codes.FULL:
            self._keep_rows()
            self._keep_trades()
        return why

    @property
    def asked(self) -> int:
        """The index of the symbol whose strategy is to be asked, or may look."""
        return int(self._asked.item())

    def seen(self) -> list[float]:
        """What that symbol sees, in the order of SEEN_FIELDS."""
        seen: list[float] = self._seen.tolist()
        return seen

    def question(self) -> tuple[int, int, bytes]:
        """The step that was run last, the index of the symbol that is asked, and what it sees: SEEN_FIELDS, float64."""
        step, asked = self._place
        return step[0], asked[0], self._seen.tobytes()

    def answer(self, wish: Wish) -> None:
        """Take the answer of the symbol that was asked, which is followed first when it goes on; none needs to be."""
        self._writer.write(wish, self._texts.index(wish.tag))
        self._answered[0] = 1

    def advance(self, i: int, j: int) -> StepResult:
        """Run steps i to j - 1 without asking anybody; the result is that of the last one run."""
        first_event, first_trade = len(self._events), sum(map(len, self._ended))
        self._book["cursor"]["step"] = i
        while (why := self.drive(j)) not in (codes.DONE, codes.ENDED):
            if why == codes.FULL:
                self._keep_events()
        self._keep_events()
        self._keep_trades()
        return StepResult(
            self._ts_close.item(),
            self._mark.item(),
            self.mark_price_source(0),
            self._events[first_event:],
            list(self._all_ended()[first_trade:]),
        )

    @property
    def done(self) -> int:
        """How many steps were run."""
        return int(self._book["cursor"]["step"])

    def told(self) -> Iterator[Sequence[Event]]:
        """The events since the last call, in pieces; to be taken to the last, for only then the buffers are empty."""
        kept, self._events = self._events, []
        if kept:
            yield kept
        n = self._n_events.item()
        for start in range(0, n, PIECE):
            records = self._book["events"][start : min(start + PIECE, n)]
            yield Told(records, self._book["wishes"], self._texts, self.symbols)
        self._n_events[0] = 0
        self._book["cursor"]["n_wishes"] = 0
        self._texts.forget()

    def _keep_events(self) -> None:
        """Empty the buffers of events and wishes."""
        if self._n_events.item():
            self._events = [event for piece in self.told() for event in piece]

    def _all_ended(self) -> EndedTrades:
        return EndedTrades(np.concatenate([np.zeros(0, TRADE), *self._ended]), self.symbols)

    def _keep_trades(self) -> None:
        """Empty the buffer of trades."""
        if n := self._n_trades.item():
            self._ended.append(self._book["trades"][:n].copy())
            self._n_trades[0] = 0

    def _keep_rows(self) -> None:
        """Empty the buffer of equity rows."""
        account = self._book["account"]
        if n := int(account["n_rows"]):
            self._rows.append((self._book["row_ts"][:n].copy(), self._book["rows"][:n].copy()))
            account["n_rows"] = 0

    def _make_room(self) -> None:
        if not has_room_to_tell(self._addresses[1]):
            self._keep_events()

    def submit_entry(self, symbol: int, side: int, **fields: Any) -> int:
        """Submit an entry with the fields of OrderRequest; returns its id, 0 while entries are disabled."""
        self._make_room()
        write_request(self._book["request"], OrderRequest(symbol, int(side), **fields))
        order_id = submit_entry(self._addresses[1])
        self._keep_events()
        return int(order_id)

    def submit_close(self, symbol: int, reason: str = "signal", **fields: Any) -> int:
        """Submit an order that reduces the position, all of it unless `qty` is given; returns its id, 0 when flat."""
        self._make_room()
        write_request(self._book["request"], OrderRequest(symbol, codes.FLAT, **fields))
        self._book["request"]["exit_reason"] = codes.EXIT_NAMES.index(reason)
        order_id = submit_close(self._addresses[1])
        self._keep_events()
        return int(order_id)

    def cancel_orders(self, symbol: int) -> None:
        """Take back every order of a symbol that is not filled yet; the position's bracket stays."""
        cancel_orders(self._addresses[1], symbol)

    def add_margin(self, symbol: int, amount_usdt: float) -> float:
        """Move an amount from the available balance into an isolated position; returns what was moved."""
        self._make_room()
        self._wish["add_margin_usdt"] = amount_usdt
        add_margin(self._addresses[1], symbol)
        self._keep_events()
        return float(self._wish["add_margin_usdt"][0])

    def state(self, symbol: int = 0) -> dict[str, Any]:
        """The account and one symbol's position as of the last close; money in USDT."""
        observe(self._addresses[1], symbol)
        return state_of(self.seen())

    @property
    def ts_close(self) -> int:
        """The close of the last step that was run, milliseconds UTC."""
        return int(self._ts_close.item())

    def mark_price(self, symbol: int) -> float:
        """The mark of a symbol at its last close."""
        return float(self._book["positions"][symbol]["mark"])

    def mark_price_source(self, symbol: int) -> str:
        """What that mark was: "mark", or "last" without a mark series or where its candle is missing."""
        if not self._market.has_mark:
            return "last"
        replaced = self._market.replaced[symbol]
        return "mark" if replaced is None or not replaced[self._step.item()] else "last"

    def drain_events(self) -> list[Event]:
        """The events since the last call."""
        return [event for piece in self.told() for event in piece]

    def drain_trades(self) -> list[Trade]:
        """The trades that ended since the last call."""
        return list(self.ended_trades())

    def ended_trades(self) -> EndedTrades:
        """The same as columns."""
        self._keep_trades()
        trades, self._ended = self._all_ended(), []
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
        return hash_of(self._books, [self.deciders.reasons(index) for index in range(len(self.symbols))])

    def counters(self) -> Counters:
        """The sums of the run so far."""
        return counters_of(self._book)


def state_of(seen: Sequence[float]) -> dict[str, Any]:
    """What a symbol sees, by the names of STATE_FIELDS."""
    state: dict[str, Any] = dict(zip(STATE_FIELDS, seen, strict=False))
    for name in ("side", "open_orders"):
        state[name] = int(state[name])
    for name in ("has_position", "entries_disabled"):
        state[name] = bool(state[name])
    return state | {"entries_disabled_reason": codes.CODE_NAMES[int(state["entries_disabled_reason"])] or None}
