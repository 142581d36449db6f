"""What an expression may name: prices and features of the roles, and parameters."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import field

from btcli.config.findings import did_you_mean, listed
from btcli.config.other_symbols import is_other_symbol
from btcli.exchange.book.states import STATES
from btcli.expressions.function import PRICES, Function
from btcli.expressions.kinds import ANYTHING, QuantityOf
from btcli.expressions.problems import RuleError
from btcli.expressions.tree import ROLES, Column, Node, Operation, Parameter, State
from btcli.expressions.tree import Number as Value
from btcli.frozen import frozen
from btcli.market.prices import MEANS

FUNCTIONS: Mapping[str, tuple[int, int]] = {  # how many operands at least and at most
    "abs": (1, 1),
    "min": (2, 64),
    "max": (2, 64),
    "cross_above": (2, 2),
    "cross_below": (2, 2),
    "highest": (2, 2),
    "lowest": (2, 2),
    "rising": (2, 2),
    "falling": (2, 2),
    "count": (2, 2),
    "bars_since": (1, 1),
}
STANDING = ("position", "account")  # whose states stand behind a dot
TIMES = ("hour", "minute", "weekday", "day", "month")
SIGNALS = "signals"
MARKET = ("mark", "basis", "funding_rate", "minutes_to_funding")
THERE_IS = (
    "rules name prices and features of exec, ltf, mtf and htf, time, mark, funding_rate, "
    "position, account, and parameters"
)
_TIMEFRAME = re.compile(r"\d+[MHDW]")  # no contract is named so
_FEW = 12
_SHOWN = 40


@frozen
class Names:
    """The features of each role, the parameters, and the functions that features are made with."""

    features: Mapping[str, Collection[str]]
    params: Collection[str] = ()
    feature_functions: Mapping[str, Function] = field(default_factory=dict)
    anchored: Collection[str] = ()  # features ("ltf.flow") whose level hangs on where history starts
    mark_is_last: bool = False
    lacking: Mapping[str, str] = field(default_factory=dict)  # names that this system cannot know, and why
    quantity_of: QuantityOf = lambda _: ANYTHING  # what is known of a column
    left_out: Mapping[str, str] = field(default_factory=dict)  # functions that are not offered, and why
    has_symbols: bool = False  # whether other symbols can be named
    signals: Collection[str] | None = ()  # columns of a file; None: there is one, and it was not looked into

    def has(self, role: str, name: str) -> bool:
        """Whether a role has a price or feature of this name."""
        return name in PRICES or name in MEANS or name in self.features.get(role, ())

    def of(self, role: str) -> tuple[str, ...]:
        """The names of a role without it in front."""
        return (*PRICES, *MEANS, *self.features.get(role, ()))

    @property
    def all(self) -> tuple[str, ...]:
        """Everything that may be written for a number."""
        words = (*MARKET, *(f"time.{name}" for name in TIMES), *(f"{SIGNALS}.{name}" for name in self.signals or ()))
        words = (*words, *STATES)
        return (*self.of("ltf"), *self.params, *words, *(f"{role}.{name}" for role in ROLES for name in self.of(role)))


def named(written: str, column: int, names: Names) -> Node:
    """The value of a name such as `close`, `htf.trend` or a parameter's.

    Raises RuleError with the nearest known name.
    """
    first, dot, name = written.partition(".")
    if not dot and written in names.params:
        return Parameter(written)
    if dot and is_other_symbol(first):
        return _of_symbol(first, name, column, names)
    role, name = (first, name) if dot else ("ltf", written)
    if role in ROLES and names.has(role, name):
        if name in MEANS and name in names.features.get(role, ()):
            hint = "give the feature another name"
            raise RuleError(f"{role}.{name} is a price of the bar and a feature", column, hint=hint)
        return mean_of(role, name) if name in MEANS else Column(role, name)
    if written in MARKET or (first == "time" and name in TIMES):
        return _at_close(written, column, names)
    if first == SIGNALS and dot:
        return _signal(written, name, column, names)
    if written in STATES:
        return State(written)
    raise unknown_name(written, column, _nearest(written, role if dot else written, names))


def unknown_name(written: str, column: int, hint: str) -> RuleError:
    """What is said of a name that stands for nothing."""
    shown = written if len(written) <= _SHOWN else f"{written[:_SHOWN]}…"
    return RuleError(f"unknown name {shown!r}", column, hint=hint)


def _signal(written: str, name: str, column: int, names: Names) -> Column:
    """A column of the file of signals, as it is known at the close of ltf."""
    if names.signals is None or name in names.signals:
        return Column("ltf", written)
    if not names.signals:
        hint = "write signals: {file: predictions.parquet, available_at: ts}"
        raise RuleError("the system has no signals", column, hint=hint)
    near = did_you_mean(name, names.signals)
    raise RuleError(f"signals have no column {name!r}", column, hint=near or f"they have {listed(names.signals)}")


def _of_symbol(symbol: str, rest: str, column: int, names: Names) -> Node:
    """A price or feature of another symbol; alone it is of its ltf. Raises RuleError for what cannot be known of it."""
    refuse_symbol(symbol, column, names)
    first, dot, name = rest.partition(".")
    role, name = (first, name) if dot else ("ltf", rest)
    if role in ROLES and names.has(role, name):
        of_role = f"{symbol}.{role}"
        return mean_of(of_role, name) if name in MEANS else Column(of_role, name)
    if rest in MARKET or first in ("time", SIGNALS, *STANDING):
        hint = "of another symbol there are prices and features"
        raise RuleError(f"{rest} is known of the symbol that is traded alone", column, hint=hint)
    known = names.of(role) if role in ROLES else (*ROLES, *names.of("ltf"))
    near = did_you_mean(name if role in ROLES else first, known)
    has = f"{role if role in ROLES else symbol} has {', '.join(known[:_FEW])}"
    raise unknown_name(f"{symbol}.{rest}", column, near or has)


def refuse_symbol(symbol: str, column: int, names: Names) -> None:
    """Raises RuleError for what looks like another symbol and cannot be one here."""
    if (role := symbol.lower()) in ROLES:
        raise RuleError(f"unknown name {symbol!r}", column, hint=f"did you mean {role}?")
    if _TIMEFRAME.fullmatch(symbol):
        raise RuleError(f"unknown name {symbol!r}", column, hint="roles are named, not timeframes: htf, mtf or ltf")
    if not names.has_symbols:
        raise RuleError(f"{symbol} cannot be named here", column, hint="other symbols are named in strategy.rules")
    if symbol in names.params or any(symbol in named for named in names.features.values()):
        what = "a parameter" if symbol in names.params else "a feature"
        raise RuleError(f"{symbol} is {what} and the name of a symbol", column, hint=f"give {what} another name")


def _at_close(written: str, column: int, names: Names) -> Node:
    """The time of the close of ltf, and what the market says there beside its trades."""
    if written in names.lacking:
        raise RuleError(f"{written} is not known", column, hint=names.lacking[written])
    close = Column("ltf", "close")
    if written == "basis":
        return Operation("SUB", (Operation("DIV", (Column("ltf", "market.mark"), close)), Value(1.0)))
    if written == "mark" and names.mark_is_last:
        return close
    return Column("ltf", written if written.startswith("time.") else f"market.{written}")


def mean_of(role: str, name: str) -> Operation:
    """The prices added from left to right, divided by how many there are."""
    first, *more = (Column(role, price) for price in MEANS[name])
    total: Node = first
    for price in more:
        total = Operation("ADD", (total, price))
    return Operation("DIV", (total, Value(float(len(MEANS[name])))))


def _nearest(written: str, role: str, names: Names) -> str:
    if written not in STANDING and (near := did_you_mean(written, names.all)):
        return near
    states = tuple(name.removeprefix(f"{role}.") for name in STATES if name.startswith(f"{role}."))
    known = names.of(role) if role in ROLES else TIMES if role == "time" else states
    if known:
        return f"{role} has {', '.join(known[:_FEW])}{', …' if len(known) > _FEW else ''}"
    return f"features are written under features:, parameters under strategy.params; {THERE_IS}"


def refusal_of_param(name: str, names: Names) -> str:
    """Why a parameter cannot have this name; empty when it can."""
    taken = {
        "a role": ROLES,
        "a function of rules": FUNCTIONS,
        "a name of rules": ("time", SIGNALS, *STANDING, *MARKET),
        "a price or feature of ltf": names.of("ltf"),
        "a word of rules": ("and", "or", "not", "then", "within"),
    }
    for what, words in taken.items():
        if name in words:
            return f"is {what}"
    return "" if name.isidentifier() and name.isascii() else f"must be made of {listed(('letters', 'digits', '_'))}"
