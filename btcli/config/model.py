"""The system file as a value: every key of system.yml under the same name, defaults filled in.

Attribute paths equal key paths (`system.risk.sizing`); only a window's `start` and `end` become milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import (
    Field,
    PrivateAttr,
    ValidationError,
    ValidationInfo,
    field_serializer,
    field_validator,
    model_serializer,
    model_validator,
)

from btcli.config.findings import KeyPath, did_you_mean, key_of, listed, path_of
from btcli.config.other_symbols import named_in
from btcli.config.places import FROM_SET, Places
from btcli.config.rules import PATH as RULES
from btcli.config.rules import Rules, own_rules
from btcli.config.sections import (
    Account,
    Costs,
    Execution,
    Output,
    PythonFeature,
    Risk,
    Signals,
    Sourcing,
    Strategy,
    Warmup,
    WrittenFeature,
)
from btcli.config.specs.symbol import PACKAGED, SymbolSpecs
from btcli.config.types import (
    EndMs,
    FeatureName,
    InOrder,
    Name,
    OrNone,
    RoleName,
    Section,
    StartMs,
    Symbol,
    TimeframeLabel,
    refusal,
)
from btcli.config.venues import VENUES, VenueName
from btcli.errors import RequestError
from btcli.timeframe import Timeframe, utc_text

if TYPE_CHECKING:
    from btcli.config.specs.snapshots import SpecsSnapshot

ROLE_NAMES: tuple[RoleName, ...] = ("exec", "ltf", "mtf", "htf")


def _section(description: str) -> Any:
    """A block that may be left out; its own defaults and required keys then count."""
    return Field(default_factory=dict, description=description)


class Timeframes(Section):
    """exec <= ltf <= mtf <= htf, each a multiple of the one before it."""

    ltf: TimeframeLabel = Field(description="decisions are taken at its closes")
    exec: TimeframeLabel = Field(
        default_factory=lambda known: known["ltf"], description="the exchange steps on its bars; default that of ltf"
    )
    mtf: TimeframeLabel = Field(
        default_factory=lambda known: known["ltf"], description="seen by the strategy; default that of ltf"
    )
    htf: TimeframeLabel = Field(
        default_factory=lambda known: known["mtf"],
        description="seen by the strategy; each role's is a multiple of the one before; default that of mtf",
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        for small, large in pairwise(ROLE_NAMES):
            shorter, longer = self.of(small), self.of(large)
            blamed = small if small == "exec" else large
            if shorter.ms > longer.ms:
                raise refusal(f"{small} {shorter} is longer than {large} {longer}", key=blamed,
                              hint="exec <= ltf <= mtf <= htf")  # fmt: skip
            if longer.ms % shorter.ms:
                raise refusal(f"{large} {longer} is not a multiple of {small} {shorter}", key=blamed)
        return self

    @model_serializer(mode="plain")
    def _by_length(self) -> dict[str, str]:
        return {role: str(self.of(role)) for role in ROLE_NAMES}

    def of(self, role: RoleName) -> Timeframe:
        """The timeframe of a role."""
        timeframe: Timeframe = getattr(self, role)
        return timeframe


class Window(Section):
    """A span of time to test, [start_ms, end_ms) in milliseconds UTC."""

    start_ms: StartMs = Field(alias="start", description="a date or a UTC time")
    end_ms: EndMs = Field(alias="end", description="a date (that day included) or a UTC time (excluded)")
    sealed: bool = Field(False, exclude=True, description="whoever reads inside is asked first; changes no result")

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.end_ms <= self.start_ms:
            raise refusal("the end is not after the start", key="end")
        return self

    @classmethod
    def between(cls, start_ms: int, end_ms: int) -> Window:
        """The window [start_ms, end_ms) in milliseconds UTC; pydantic's ValidationError when it is empty."""
        return cls.model_validate({"start": utc_text(start_ms), "end": utc_text(end_ms)})


class System(Section):
    """One system file, validated. Made by `load_system` and `parse_system`."""

    system: Name = Field(description="the name; runs are filed under it")
    venue: VenueName = Field(
        description="whose rules and fees count; sample is generated data, which has no source and is never healed"
    )
    env: Literal["live", "demo"] = Field("live", description="which store, and which of the venue's endpoints")
    symbols: tuple[Symbol, ...] = Field(min_length=1, strict=False, description="what is traded, in this order")
    timeframes: Timeframes = _section("the role of each candle length")
    windows: Mapping[Name, Window] = _section(
        "spans of time, UTC; an end given as a date includes that day, as a time it is excluded"
    )
    account: Account = _section("what the run starts with")
    costs: Costs = _section("fees and slippage")
    fills: Execution = _section("how orders meet prices")
    risk: Risk = _section("sizes, and what ends a run")
    data: Sourcing = _section("which stored series feed a run")
    warmup: Warmup = _section("history before the first decision")
    instruments: InOrder[Symbol, SymbolSpecs] = _section("trading rules and risk tiers")
    output: Output = _section("what is written")
    features: InOrder[RoleName, InOrder[FeatureName, WrittenFeature]] = _section(
        "expressions over closed bars, by role: TA-Lib's functions, prices, other features; or functions of your own"
    )
    signals: OrNone[Signals] = Field(
        None, exclude_if=lambda said: said is None, description="columns of a file, each row seen once it was known"
    )
    strategy: Strategy = _section("who decides")

    _places: Places = PrivateAttr(default_factory=Places)

    @field_validator("symbols")
    @classmethod
    def _each_once(cls, symbols: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(symbols)) < len(symbols):
            raise refusal("a symbol is listed twice")
        return symbols

    @field_validator("costs", mode="before")
    @classmethod
    def _fees_of_the_venue(cls, costs: Any, known: ValidationInfo) -> Any:
        venue = VENUES.get(known.data.get("venue", ""), VENUES["sample"])
        fees = {"taker_fee_rate": venue.taker_fee_rate, "maker_fee_rate": venue.maker_fee_rate}
        return fees | costs if isinstance(costs, dict) else costs

    @field_validator("risk", mode="before")
    @classmethod
    def _whole_with_cross(cls, risk: Any, known: ValidationInfo) -> Any:
        """A ladder speaks of one position's tiers; a cross account is liquidated as one."""
        account = known.data.get("account")
        is_cross = account is not None and account.margin_mode == "cross"
        return {"liquidation": "full"} | risk if is_cross and isinstance(risk, dict) else risk

    @field_validator("instruments", mode="before")
    @classmethod
    def _packaged(cls, instruments: Any) -> Any:
        return {} if instruments == PACKAGED else instruments

    @field_serializer("instruments", mode="wrap")
    def _packaged_by_name(self, instruments: Any, handler: Any) -> Any:
        return handler(instruments) if instruments else PACKAGED

    @property
    def expressions(self) -> dict[RoleName, dict[str, str]]:
        """The features that are written as expressions, by role and name."""
        return {
            role: {name: said for name, said in named.items() if isinstance(said, str)}
            for role, named in self.features.items()
        }

    @property
    def functions(self) -> dict[RoleName, dict[str, PythonFeature]]:
        """The features that functions of the user's compute, by role and name; no role without any."""
        found = {
            role: {name: said for name, said in named.items() if isinstance(said, PythonFeature)}
            for role, named in self.features.items()
        }
        return {role: named for role, named in found.items() if named}

    def window(self, name: str) -> Window:
        """The window of that name. Raises RequestError naming the ones there are."""
        if name in self.windows:
            return self.windows[name]
        known = f"the windows are {listed(self.windows)}" if self.windows else "give --start and --end"
        hint = did_you_mean(name, self.windows) or known
        raise RequestError(f"{self.system} has no window {name!r}", where=self.where("windows"), hint=hint)

    def with_window(self, name: str, window: Window) -> System:
        """The same system with this window alone: what one run is made of."""
        return self.model_copy(update={"windows": {name: window}})

    def costs_of(self, symbol: str) -> Costs:
        """The costs of one symbol: those of all, overridden by its own."""
        own = self.costs.per_symbol.get(symbol)
        given = {key: value for key, value in own or () if value is not None}
        return self.costs.model_copy(update={**given, "per_symbol": {}})

    @property
    def snapshot(self) -> SpecsSnapshot | None:
        """The snapshot of specs that the file names by its path, if it does; no part of what the system is."""
        return self._places.snapshot

    def strategy_of(self, symbol: str) -> Strategy:
        """Who decides for one symbol: the strategy of all, or its own; parameters are shared by the same strategy."""
        own = self.strategy.per_symbol.get(symbol)
        if own is None:
            return self.strategy
        is_other = own.rules is not None or own.use not in (None, self.strategy.use)
        params = own.params if is_other else {**self.strategy.params, **own.params}
        decides = {"use": own.use, "rules": own.rules} if is_other else {}
        return self.strategy.model_copy(update={**decides, "params": params, "per_symbol": {}})

    @property
    def observed(self) -> Mapping[str, tuple[RoleName, ...]]:
        """By symbol that rules name and that is not traded, in the order of their names, the roles they name of it."""
        named = sorted({each for _, _, each in self._other_symbols() if each[0] not in self.symbols})
        symbols = dict.fromkeys(symbol for symbol, _ in named)
        return {symbol: tuple(role for role in ROLE_NAMES if (symbol, role) in named) for symbol in symbols}

    def where_named(self, symbol: str) -> str:
        """The place of the first expression that names another symbol, with its key."""
        found = ((prefix, path) for prefix, path, each in self._other_symbols() if each[0] == symbol)
        prefix, path = next(found)
        key = key_of((*prefix, *path))
        return f"{self._places.where_value((*prefix, *path))} {key}"

    def _other_symbols(self) -> Iterator[tuple[KeyPath, KeyPath, tuple[str, RoleName]]]:
        """Every symbol named in rules that decide for one, with its role and where that stands."""
        for prefix, rules in self.rules_in_use.items():
            for path, text in rules.texts:
                yield from ((prefix, path, each) for each in named_in(text))

    @property
    def rules_in_use(self) -> Mapping[KeyPath, Rules]:
        """The rules that decide for a symbol, by where they stand."""
        found: dict[KeyPath, Rules] = {}
        for symbol in self.symbols:
            rules = self.strategy_of(symbol).rules
            if rules is not None:
                found[self.rules_path(symbol)] = rules
        return found

    def rules_path(self, symbol: str) -> KeyPath:
        """Where the rules stand that decide for a symbol, if rules do."""
        own = self.strategy.per_symbol.get(symbol)
        return RULES if own is None or own.rules is None else own_rules(symbol)

    def where(self, key: str) -> str:
        """`file:line:column` of a dotted key or of the nearest key above it, or `--set key`: for messages about it."""
        place = self._places.where(path_of(key))
        return f"{place} {key}" if place == FROM_SET else place

    def where_value(self, key: str) -> str:
        """The same of what is written for the key: for messages about a place in it."""
        place = self._places.where_value(path_of(key))
        return f"{place} {key}" if place == FROM_SET else place


def ad_hoc_window(start: str, end: str) -> Window:
    """The window of --start and --end. Raises RequestError when they are no times or in the wrong order."""
    try:
        return Window.model_validate({"start": start, "end": end})
    except ValidationError as error:
        said = error.errors()[0]["ctx"]
        raise RequestError(said["message"], where="--start --end", hint=said["hint"]) from None
