"""Names for the small integers the kernel works with; every number has one name and one meaning."""

from __future__ import annotations

# Sides, and the sign in every formula.
LONG, SHORT, FLAT = 1, -1, 0
SIDE_NAMES = {LONG: "long", SHORT: "short", FLAT: "flat"}

# Phases of a step, in their order (rulebook section 3).
BOUNDARY, OPEN, PATH, CLOSE, STOPS, DECISION = 0, 1, 2, 3, 4, 5
PHASE_NAMES = ("boundary", "open", "path", "close", "stops", "decision")

# Path modes: which extreme of a bar comes first.
PESSIMISTIC, ADAPTIVE, OPTIMISTIC = 0, 1, 2
PATH_NAMES = ("pessimistic", "adaptive", "optimistic")

# Order types.
MARKET, LIMIT, STOP_MARKET, STOP_LIMIT = 0, 1, 2, 3
ORDER_TYPE_NAMES = ("market", "limit", "stop_market", "stop_limit")

# Time in force.
GTC, IOC, FOK = 0, 1, 2
TIME_IN_FORCE_NAMES = ("GTC", "IOC", "FOK")

# Sizing modes.
QTY, NOTIONAL_USDT, NOTIONAL_PCT, MARGIN_PCT, RISK_PCT = 0, 1, 2, 3, 4
SIZING_NAMES = ("qty", "notional_usdt", "notional_pct", "margin_pct", "risk_pct")

# Kinds of event.
ORDER_SUBMITTED, ORDER_REJECTED, ORDER_CANCELLED, ORDER_FILLED, STOP_MOVED = 1, 2, 3, 4, 5
FUNDING_SETTLED, POSITION_OPENED, POSITION_CLOSED, LIQUIDATED = 6, 7, 8, 9
ENTRIES_DISABLED, ENTRIES_ENABLED, RUN_STOPPED, INSURANCE_COVERED, WARNED, POSITION_CUT = 10, 11, 12, 13, 14, 15
MARGIN_ADDED, ORDER_TRIGGERED, POSITION_CHANGED = 16, 17, 18
SIGNALLED, READINESS_CHANGED, TF_CLOSED, STEPPED, TARGET_MOVED = 19, 20, 21, 22, 23
EVENT_NAMES = {
    ORDER_SUBMITTED: "order_submitted",
    ORDER_REJECTED: "order_rejected",
    ORDER_CANCELLED: "order_cancelled",
    ORDER_FILLED: "order_filled",
    STOP_MOVED: "stop_moved",
    FUNDING_SETTLED: "funding_settled",
    POSITION_OPENED: "position_opened",
    POSITION_CLOSED: "position_closed",
    LIQUIDATED: "liquidated",
    ENTRIES_DISABLED: "entries_disabled",
    ENTRIES_ENABLED: "entries_enabled",
    RUN_STOPPED: "run_stopped",
    INSURANCE_COVERED: "insurance_covered",
    WARNED: "warned",
    POSITION_CUT: "position_cut",
    MARGIN_ADDED: "margin_added",
    ORDER_TRIGGERED: "order_triggered",
    POSITION_CHANGED: "position_changed",
    SIGNALLED: "signal",
    READINESS_CHANGED: "ready",
    TF_CLOSED: "tf_closed",
    STEPPED: "step",
    TARGET_MOVED: "target_moved",
}

# Codes of refusals, cancellations and warnings; 0 is none.
CODE_NAMES = (
    "",
    "BELOW_MIN_QTY",
    "BELOW_MIN_NOTIONAL",
    "ABOVE_RISK_LIMIT",
    "LEVERAGE_ABOVE_TIER",
    "STOP_BEYOND_FILL",
    "INSUFFICIENT_ENTRY_GATE",
    "DATA_GAP",
    "ENTRIES_DISABLED",
    "STOP_BEYOND_LIQUIDATION",
    "POST_ONLY_WOULD_TAKE",
    "POSITION_CLOSED",
    "RUN_STOPPED",
    "EXPIRED",
    "REDUCE_ONLY_NOTHING_TO_REDUCE",
    "ZERO_VOLUME",
    "MAX_OPEN_POSITIONS",
    "DAILY_LOSS",
    "NO_STOP_TO_SIZE_BY",
    "IOC_UNFILLED",
    "FOK_UNFILLED",
    "PARTICIPATION",
    "STRATEGY_STARVED",
    "CANCELLED_BY_STRATEGY",
    "LIQUIDATED",
    "DELISTED",
    "NOT_LISTED",
    "TOO_MANY_ORDERS",
    "PRICE_BELOW_TICK",
    "TARGET_BEHIND_PRICE",
    "TARGET_BELOW_ZERO",
    "SHARE_BELOW_STEP",
)
(
    NO_CODE,
    BELOW_MIN_QTY,
    BELOW_MIN_NOTIONAL,
    ABOVE_RISK_LIMIT,
    LEVERAGE_ABOVE_TIER,
    STOP_BEYOND_FILL,
    INSUFFICIENT_ENTRY_GATE,
    DATA_GAP,
    ENTRIES_ARE_DISABLED,
    STOP_BEYOND_LIQUIDATION,
    POST_ONLY_WOULD_TAKE,
    POSITION_IS_CLOSED,
    RUN_IS_STOPPED,
    EXPIRED,
    NOTHING_TO_REDUCE,
    BAR_HAS_ZERO_VOLUME,
    TOO_MANY_POSITIONS,
    DAILY_LOSS_REACHED,
    NO_STOP_TO_SIZE_BY,
    IOC_UNFILLED,
    FOK_UNFILLED,
    OVER_PARTICIPATION,
    STARVED,
    CANCELLED_BY_STRATEGY,
    SYMBOL_LIQUIDATED,
    SYMBOL_DELISTED,
    NOT_LISTED_YET,
    TOO_MANY_ORDERS,
    PRICE_BELOW_TICK,
    TARGET_BEHIND_PRICE,
    TARGET_BELOW_ZERO,
    SHARE_BELOW_STEP,
) = range(len(CODE_NAMES))

# What made a size smaller than asked; 0 is nothing.
CAP_NAMES = ("", "MAX_NOTIONAL", "AVAILABLE", "MAX_QTY", "MAX_MARKET_QTY", "PARTICIPATION")
NO_CAP, CAP_MAX_NOTIONAL, CAP_AVAILABLE, CAP_MAX_QTY, CAP_MAX_MARKET_QTY, CAP_PARTICIPATION = range(len(CAP_NAMES))

# Why a position was closed.
EXIT_NAMES = (
    "",
    "stop",
    "target",
    "trailing_stop",
    "signal",
    "liquidation",
    "timeout",
    "delisted",
    "end_of_data",
    "run_stopped",
)
(
    NO_EXIT,
    EXIT_STOP,
    EXIT_TARGET,
    EXIT_TRAILING_STOP,
    EXIT_SIGNAL,
    EXIT_LIQUIDATION,
    EXIT_TIMEOUT,
    EXIT_DELISTED,
    EXIT_END_OF_DATA,
    EXIT_RUN_STOPPED,
) = range(len(EXIT_NAMES))

# How the run stands; the terminal ones are listed in their order of precedence.
RUNNING, RUN_LIQUIDATED, EQUITY_FLOOR_HIT, MAX_DRAWDOWN_HIT, END_OF_DATA = 0, 1, 2, 3, 4
RUN_STATUS_NAMES = ("RUNNING", "LIQUIDATED", "EQUITY_FLOOR_HIT", "MAX_DRAWDOWN_HIT", "END_OF_DATA")

# Flags of an event or a trade, as bits.
NO_FLAGS = 0
FLAG_AMBIGUOUS, FLAG_BANKRUPTCY_CAPPED, FLAG_AFTER_GAP, FLAG_ZERO_VOLUME, FLAG_MARK_FALLBACK, FLAG_MAKER = (
    1,
    2,
    4,
    8,
    16,
    32,
)
FLAG_OPENED_AT_SETTLEMENT = 64
FLAG_NAMES = {
    FLAG_AMBIGUOUS: "ambiguous",
    FLAG_BANKRUPTCY_CAPPED: "bankruptcy_capped",
    FLAG_AFTER_GAP: "after_gap",
    FLAG_ZERO_VOLUME: "zero_volume",
    FLAG_MARK_FALLBACK: "mark_fallback",
    FLAG_MAKER: "maker",
    FLAG_OPENED_AT_SETTLEMENT: "opened_at_settlement",
}

# What becomes of a wish.
ACTION_NAMES = ("ignore", "enter", "add", "close", "reduce", "reverse", "prepare")
IGNORE, ENTER, ADD, CLOSE_ALL, REDUCE, REVERSE, PREPARE = range(len(ACTION_NAMES))

# What a wish against the held side does.
OPPOSITE_NAMES = ("ignore", "close", "reverse")
OPPOSITE_IGNORES, OPPOSITE_CLOSES, OPPOSITE_REVERSES = range(len(OPPOSITE_NAMES))

# What is known of a symbol's features at its last decision.
NEVER_LOOKED, NOT_READY, READY = 0, 1, 2

# Flags of a step of the tape, as bits: what its close brings beside the step itself; and whether the step does not go
# on as the one before: it opens later than that closed, other symbols have a bar, the UTC day or a settlement is new.
DECIDES, NOTED, STEP_TOLD, BREAKS = 1, 2, 4, 8

# What a note is of.
NOTE_CLOSE, NOTE_READINESS = 0, 1

# Why the driver comes back: the asked steps are done; a strategy is to be asked; one that is passed over may be looked
# at; a buffer wants emptying; the run has ended.
DONE, ASK, LOOK, FULL, ENDED = 0, 1, 2, 3, 4
