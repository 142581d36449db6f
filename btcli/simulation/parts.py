"""What a run is made of before any data is read: system, window, instruments, strategy, features, spans to load."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from btcli.config.model import System, Window, ad_hoc_window
from btcli.config.specs.instruments import InstrumentSpecs, load_instruments
from btcli.errors import RequestError
from btcli.features.plan import FeaturePlan, plan_features
from btcli.features.talib_calls import load_for_arrays
from btcli.market.listing import Life
from btcli.market.series import ROLES, Role
from btcli.market.window import LoadWindow, load_window
from btcli.simulation.outside import signals_of
from btcli.simulation.ruled import bars_back, ruled_strategy
from btcli.simulation.small_shares import small_shares
from btcli.strategies.finding import BUILT_INS, FoundStrategy, find_strategy
from btcli.strategies.functions.finding import NO_FUNCTIONS, FoundFunctions, find_functions
from btcli.strategies.ground import Ground, bare_ground, level_ground, random_numbers
from btcli.strategies.interface import Strategy
from btcli.strategies.loading import forget_projects
from btcli.strategies.placing import place_of_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from btcli.config.sections import Strategy as Written
    from btcli.exchange.driver.program import Program
    from btcli.expressions.tree import UserFunction
    from btcli.market.signals.rows import Signals
    from btcli.strategies.rules.assembling import Assembled

AD_HOC = "adhoc"


class OwnStrategy(NamedTuple):
    """The strategy of one symbol under `strategy.per_symbol`, by the name it was found, and its features."""

    use: str
    strategy: FoundStrategy
    plan: FeaturePlan


@dataclass(frozen=True)
class Prepared:
    """One run's parts; `system` has the window as its only one, `folder` is where its strategy's files lie.

    `ground` is the process as it was before the strategies were loaded, `resume` puts back where loading them left
    the random numbers, and `files` are the digests of the files that they were loaded from.
    """

    folder: Path
    system: System
    window_name: str
    window: Window
    instruments: Mapping[str, InstrumentSpecs]
    strategy: FoundStrategy
    plan: FeaturePlan
    spans: LoadWindow
    ground: Ground
    resume: Callable[[], None]
    files: Mapping[Path, str]
    signals: Signals | None = None
    functions: FoundFunctions = NO_FUNCTIONS
    own: Mapping[str, OwnStrategy] = field(default_factory=dict)

    @property
    def makers(self) -> list[Callable[[], Strategy]]:
        """What makes the strategy of each symbol, in the system's order."""
        found = (self.own[symbol].strategy if symbol in self.own else self.strategy for symbol in self.system.symbols)
        return [each.make for each in found]

    @property
    def programs(self) -> list[Program | None]:
        """The program of each symbol that rules decide for, in the system's order; None where code does."""
        found = (self.own[symbol].strategy if symbol in self.own else self.strategy for symbol in self.system.symbols)
        return [None if each.assembled is None else each.assembled.program for each in found]

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is compared in vain in rules, and which of their parts close nothing; each once."""
        found = (self.strategy, *(own.strategy for own in self.own.values()))
        said = (str(each) for strategy in found if strategy.assembled for each in strategy.assembled.warnings)
        small = small_shares(self.system) if any(each.assembled for each in found) else ()
        return tuple(dict.fromkeys((*said, *small)))

    @property
    def plans(self) -> list[FeaturePlan]:
        """The features of each symbol, in the system's order."""
        return [self.own[symbol].plan if symbol in self.own else self.plan for symbol in self.system.symbols]


def chosen_window(system: System, name: str | None, start: str | None, end: str | None) -> tuple[str, Window]:
    """The window by its name, by --start and --end, or the only one there is.

    Raises RequestError when the choice is open, contradictory or unknown.
    """
    if start or end:
        if name is not None:
            raise RequestError("--window and --start/--end exclude each other")
        if not (start and end):
            raise RequestError("--start and --end belong together")
        return AD_HOC, ad_hoc_window(start, end)
    if name is not None:
        return name, system.window(name)
    if len(system.windows) == 1:
        return next(iter(system.windows.items()))
    known = ", ".join(system.windows) or "none; add windows: or give --start and --end"
    raise RequestError(f"which window of {system.system}?", hint=f"give --window with one of: {known}")


def prepared(
    system: System, window_name: str, window: Window, folder: Path, signals: Signals | None = None
) -> Prepared:
    """Find the parts of a run; `folder` is what the names of files are relative to.

    `signals` are those of a pack; without them the file is read that the system names. Raises ConfigError or
    RequestError for what the system asks for and there is not.
    """
    alone = system.with_window(window_name, window)
    signals = signals or signals_of(system, folder, window.end_ms)
    forget_projects()
    is_users = runs_user_code(system)
    if is_users:
        ground = level_ground()
    else:
        ground = bare_ground()
        load_for_arrays()
    functions = found_functions(system, folder)
    strategy, own = found_strategies(system, folder, signals)
    resume = random_numbers() if is_users else _as_they_are
    plan = _planned(system, strategy, functions)
    planned = {
        symbol: OwnStrategy(use, found, _planned(system, found, functions)) for symbol, (use, found) in own.items()
    }
    instruments = load_instruments(system)
    spans = spans_of(system, window_name, window, [plan, *(each.plan for each in planned.values())], instruments)
    files = files_of(strategy, *(found for _, found in own.values()))
    files |= {path: digest for source in functions.sources.values() for path, digest in source.read.items()}
    return Prepared(
        folder=folder,
        system=alone,
        window_name=window_name,
        window=window,
        instruments=instruments,
        strategy=strategy,
        plan=plan,
        spans=spans,
        ground=ground,
        resume=resume,
        files=files,
        signals=signals,
        functions=functions,
        own=planned,
    )


def _as_they_are() -> None:
    """Nobody draws random numbers where btcli's own code decides."""


def has_user_code(system: System) -> bool:
    """Whether anybody decides who did not come with btcli."""
    uses = (system.strategy.use, *(system.strategy_of(symbol).use for symbol in system.strategy.per_symbol))
    return any(use is not None and use not in BUILT_INS for use in uses)


def runs_user_code(system: System) -> bool:
    """Whether code runs that did not come with btcli: of who decides, or of a feature."""
    return has_user_code(system) or bool(system.functions)


def found_functions(system: System, folder: Path) -> FoundFunctions:
    """The functions of features that are none of btcli's. Raises what `find_functions` raises."""
    if not system.functions:
        return NO_FUNCTIONS
    return find_functions(system.functions, folder, system.where_value, system.warmup.tolerance)


def found_strategies(
    system: System, folder: Path, signals: Signals | None = None
) -> tuple[FoundStrategy, dict[str, tuple[str, FoundStrategy]]]:
    """The strategy of all symbols, and by symbol those under `strategy.per_symbol` with the names they were found by.

    Without `signals` rules may name any column of them. Each of them is loaded anew.

    Raises what `find_strategy` raises.
    """
    names = None if signals is None else signals.names
    strategy = _found(system, system.strategy, folder, system.where, names)
    return strategy, {symbol: _own_strategy(system, symbol, folder, names) for symbol in system.strategy.per_symbol}


def files_of(*strategies: FoundStrategy) -> dict[Path, str]:
    """The digests of the files that these strategies were loaded from."""
    return {path: digest for each in strategies for path, digest in each.source.read.items()}


def spans_of(
    system: System,
    window_name: str,
    window: Window,
    plans: Sequence[FeaturePlan],
    instruments: Mapping[str, InstrumentSpecs],
) -> LoadWindow:
    """What a run of the window loads, for all symbols as much as the longest plan needs.

    Raises RequestError for a symbol that did not trade in it.
    """
    lives = {symbol: Life(specs.listed_ms, specs.delisted_ms) for symbol, specs in instruments.items()}
    observed = system.observed
    written = {symbol: specs for symbol, specs in system.instruments.items() if symbol in observed}
    lives |= {symbol: Life(specs.listed_ms, specs.delisted_ms) for symbol, specs in written.items()}
    needs = [plan.warmup_bars() for plan in plans]
    warmup = {role: max(need[role] for need in needs) for role in ROLES} if needs else {}
    asks = {role: asking for role in warmup if (asking := _asking(plans, role))}
    return load_window(system, window_name, window.start_ms, window.end_ms, warmup, lives, asks)


def _asking(plans: Sequence[FeaturePlan], role: Role) -> str:
    """What needs the most bars of a role: a feature, as "htf.trend", or rules that look back; "" when nothing does."""
    features = [each for plan in plans for each in plan.all if each.role == role and each.warmup_bars]
    longest = max(features, key=lambda feature: feature.warmup_bars, default=None)
    rules = max((dict(plan.rules_bars).get(role, 0) for plan in plans), default=0)
    if rules > (longest.warmup_bars if longest else 0):
        return f"strategy.rules ({rules} bars of {role} back)"
    return f"{role}.{longest.name} ({longest.text}, {longest.warmup_bars} bars)" if longest else ""


def _own_strategy(
    system: System, symbol: str, folder: Path, signals: Collection[str] | None
) -> tuple[str, FoundStrategy]:
    written = system.strategy_of(symbol)

    def locate(key: str) -> str:
        return system.where(key.replace("strategy.", f"strategy.per_symbol.{symbol}.", 1))

    return written.name, _found(system, written, folder, locate, signals, symbol)


def _found(
    system: System,
    written: Written,
    folder: Path,
    locate: Callable[[str], str],
    signals: Collection[str] | None,
    symbol: str = "",
) -> FoundStrategy:
    if written.use is not None:
        return find_strategy(written.use, folder, written.params, locate)
    return ruled_strategy(system, written, locate, symbol, signals)


def _planned(system: System, strategy: FoundStrategy, functions: FoundFunctions) -> FeaturePlan:
    features = merged_features(system, strategy.features)

    def locate(key: str) -> str:
        """An expression that the system file has not is the strategy's own."""
        role, name = key.split(".")[1:]
        if name in system.features.get(role, {}):  # type: ignore[call-overload]
            return system.where_value(key)
        return place_of_text(strategy.entry, strategy.name, features[role][name])

    plan = plan_features(features, system.warmup.tolerance, system.warmup.bars, locate, functions.features)
    return plan if strategy.assembled is None else with_rules(plan, strategy.assembled, system, functions.features)


def with_rules(
    plan: FeaturePlan, assembled: Assembled, system: System, functions: Mapping[Any, Mapping[str, UserFunction]]
) -> FeaturePlan:
    """A plan with what rules look back over, and what they read on the bars of other symbols."""
    wanted, warmup = assembled.features_of_others, system.warmup
    planned = plan_features(merged_features(system, wanted), warmup.tolerance, warmup.bars, functions=functions)
    of_others = tuple(each for each in planned.features if each.name in wanted.get(each.role, {}))
    return plan.looking_back(bars_back(assembled, system.timeframes)).with_others(of_others)


def merged_features(system: System, declared: Mapping[Any, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """The strategy's own features by role and name, overridden by those of the system file; functions are left out."""
    configured: Mapping[Any, Mapping[str, str]] = system.expressions
    functions: Mapping[Any, Mapping[str, object]] = system.functions
    merged = {}
    for role in dict.fromkeys((*declared, *configured)):
        named = {**declared.get(role, {}), **configured.get(role, {})}
        merged[role] = {name: text for name, text in named.items() if name not in functions.get(role, {})}
    return merged
