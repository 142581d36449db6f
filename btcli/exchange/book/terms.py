"""The terms of a run: the choices that the rulebook leaves open.

`Terms` is their one table: each has its name, its words or its unit, and what holds when nobody chooses. The record
that the rules read, and how it is written, follow from it.
"""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple, get_args, get_type_hints

import numpy as np

from btcli.exchange.book.codes import OPPOSITE_NAMES, PATH_NAMES, SIZING_NAMES

Said = str | float | bool | None


class Words(NamedTuple):
    """The words of a choice in the order of their codes; its field where that is named for what 1 means."""

    words: tuple[str, ...]
    field: str = ""


Flag = Annotated[bool, "1 or 0"]
Usdt = Annotated[float, "USDT"]
UsdtOrNone = Annotated[float | None, "USDT"]
PctOrNone = Annotated[float | None, "percent"]
Steps = Annotated[int, "exec steps"]
ClosesOrNone = Annotated[int | None, "ltf closes"]
CountOrNone = Annotated[int | None, "positions"]
Millis = Annotated[int, "milliseconds UTC"]


class Terms(NamedTuple):
    """The choices of a run; None is no limit, and 0 in the record.

    Steps that open before `maintenance_by_entry_until_ms` (0: none do) take the maintenance margin of the value at
    entry, later ones that of the value at the mark.
    """

    path: Annotated[str, Words(PATH_NAMES)] = "pessimistic"
    trigger_by: Annotated[str, Words(("last", "mark"), "trigger_by_mark")] = "last"
    limit_rule: Annotated[str, Words(("touch", "trade_through"), "trade_through")] = "trade_through"
    take_profit_order: Annotated[str, Words(("market", "limit"), "target_is_limit")] = "market"
    on_liquidation: Annotated[str, Words(("continue", "stop"), "stop_on_liquidation")] = "stop"
    stop_vs_liquidation: Annotated[str, Words(("warn", "reject", "adjust"))] = "warn"
    sizing: Annotated[str, Words(SIZING_NAMES)] = "qty"
    sizing_value: Annotated[float, "coins, USDT or percent, as the sizing says"] = 0.0
    costs_in_risk: Flag = True
    max_notional_usdt: UsdtOrNone = None
    stop_equity_usdt: Usdt = 0.0
    max_drawdown_pct: PctOrNone = None
    margin_mode: Annotated[str, Words(("isolated", "cross"), "is_cross")] = "isolated"
    liquidation: Annotated[str, Words(("full", "ladder"), "is_ladder")] = "ladder"
    zero_volume: Annotated[str, Words(("fill", "cancel"), "cancels_on_zero_volume")] = "fill"
    max_open_positions: CountOrNone = None
    daily_loss_pct: PctOrNone = None
    delay_bars: Steps = 0
    maintenance_by_entry_until_ms: Millis = 0
    on_opposite_signal: Annotated[str, Words(OPPOSITE_NAMES)] = "ignore"
    max_bars_in_trade: ClosesOrNone = None


class Term(NamedTuple):
    """A row of the table: a choice, its field in the record and that one's form, its words or else its unit."""

    name: str
    field: str
    form: str
    words: tuple[str, ...]
    unit: str

    def code(self, said: Said) -> float:
        """The number that stands for what was chosen; raises ValueError for a word that is none of its own."""
        if not self.words:
            return float(said or 0.0)
        if said not in self.words:
            raise ValueError(f"{self.name} is {' or '.join(self.words)}, got {said!r}")
        return self.words.index(said)


def _row(name: str, hint: Any) -> Term:
    kind, meant = get_args(hint)
    if isinstance(meant, Words):
        return Term(name, meant.field or name, "i8", meant.words, "")
    return Term(name, name, "f8" if float in (kind, *get_args(kind)) else "i8", (), meant)


TABLE = tuple(_row(name, hint) for name, hint in get_type_hints(Terms, include_extras=True).items())
TERMS = np.dtype(
    [
        *((term.field, term.form) for term in TABLE),
        # what a run's data and its steps add
        ("has_one_series", "i8"),  # stops and liquidations read the same prices
        ("n_steps", "i8"),
        ("maintains_by_entry", "i8"),  # of this step: 1 when it opens before maintenance_by_entry_until_ms
    ]
)


def write_terms(record: Any, terms: Terms) -> None:
    """Write the choices into a record of TERMS; raises ValueError for a word that does not exist."""
    for term, said in zip(TABLE, terms, strict=True):
        record[term.field] = term.code(said)


def terms_record(terms: Terms) -> Any:
    """The choices alone, as the rules read them."""
    record = np.zeros(1, TERMS)[0]
    write_terms(record, terms)
    return record
