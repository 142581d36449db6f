"""What strategies read of a position and its account, by name: Python's as fields, rules' by numbers."""

from __future__ import annotations

from btcli.exchange.book.deciders import MOST_MEMORIES

# What a strategy in Python sees of its symbol and the account, in the order of the book's `seen`.
STATE_FIELDS = (
    "equity_usdt",
    "cash_usdt",
    "used_margin_usdt",
    "free_margin_usdt",
    "available_balance_usdt",
    "maintenance_margin_usdt",
    "reserved_usdt",
    "has_position",
    "side",
    "qty",
    "notional_usdt",
    "entry_price",
    "unrealized_pnl_usdt",
    "liquidation_price",
    "entries_disabled",
    "entries_disabled_reason",
    "stop_price",
    "open_orders",
)
SEEN_FIELDS = (*STATE_FIELDS, "mark_price", "ts_close", "step", "symbol")

# By number what is read, first what is unknown while the symbol is flat.
STATES = (
    "position.side",
    "position.qty",
    "position.entry_price",
    "position.bars",
    "position.unrealized_pct",
    "position.move_pct",
    "position.mfe_pct",
    "position.mae_pct",
    "position.stop_price",
    "position.adds",
    "position.exits_done",
    "account.equity_usdt",
    "account.available_usdt",
    "account.drawdown_pct",
    "account.day_pnl_pct",
    "account.losses_in_a_row",
    "account.open_positions",
)
SIDE, QTY, ENTRY_PRICE, BARS, UNREALIZED_PCT, MOVE_PCT, MFE_PCT, MAE_PCT, STOP_PRICE, ADDS, EXITS_DONE = range(11)
EQUITY_USDT, AVAILABLE_USDT, DRAWDOWN_PCT, DAY_PNL_PCT, LOSSES_IN_A_ROW, OPEN_POSITIONS = range(11, len(STATES))


# From here on a number says which remembered condition is asked for, over how many evaluations, and whose entries use
# it up: 0 nobody's, 1 those of long, 2 those of short.
MEMORIES, MOST_BARS, SCOPES = 64, 8192, 3


def memory_state(memory: int, bars: int, scope: int) -> int:
    """The number of a remembered condition.

    >>> memory_state(0, 0, 0), memory_state(1, 5, 2)
    (64, 24657)
    """
    return MEMORIES + (memory * MOST_BARS + bars) * SCOPES + scope


def is_state(number: int) -> bool:
    """Whether a number says what is read."""
    return 0 <= number < len(STATES) or MEMORIES <= number < memory_state(MOST_MEMORIES, 0, 0)


def state_name(number: int) -> str:
    """What a number reads; of a remembered condition its own numbers."""
    if number < MEMORIES:
        return STATES[number]
    asked, scope = divmod(number - MEMORIES, SCOPES)
    return "memory {} {} {}".format(*divmod(asked, MOST_BARS), scope)
