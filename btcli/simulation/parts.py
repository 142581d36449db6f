"""What a run is made of before any data is read: system, window, instruments, strategy, features, spans to load."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from btcli.config.model import System, Window, ad_hoc_window
from btcli.config.specs.instruments import InstrumentSpecs, load_instruments
from btcli.errors import RequestError
from btcli.features.plan import FeaturePlan
from btcli.features.talib_calls import load_for_arrays
from btcli.frozen import frozen
from btcli.market.listing import Life
from btcli.market.series import ROLES, Role
from btcli.market.window import LoadWindow, load_window
from btcli.simulation.found import files_of, files_of_functions, found_functions, found_strategies, runs_user_code
from btcli.simulation.outside import signals_of
from btcli.simulation.plans import planned_features
from btcli.simulation.small_shares import small_shares
from btcli.strategies.finding import FoundStrategy
from btcli.strategies.functions.finding import NO_FUNCTIONS, FoundFunctions
from btcli.strategies.ground import Ground, bare_ground, level_ground, put_back, random_numbers
from btcli.strategies.loading import forget_projects

if TYPE_CHECKING:
    from btcli.exchange.driver.program import Program
    from btcli.market.signals.rows import Signals
    from btcli.strategies.interface import Strategy

AD_HOC = "adhoc"


class OwnStrategy(NamedTuple):
    """The strategy of one symbol under `strategy.per_symbol`, by the name it was found, and its features."""

    use: str
    strategy: FoundStrategy
    plan: FeaturePlan


@frozen
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
    def strategies(self) -> list[FoundStrategy]:
        """The strategy of each symbol, in the system's order."""
        return [self.own[symbol].strategy if symbol in self.own else self.strategy for symbol in self.system.symbols]

    @property
    def makers(self) -> list[Callable[[], Strategy]]:
        """What makes the strategy of each symbol, in the system's order."""
        return [each.make for each in self.strategies]

    @property
    def programs(self) -> list[Program | None]:
        """The program of each symbol that rules decide for, in the system's order; None where code does."""
        return [None if each.assembled is None else each.assembled.program for each in self.strategies]

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
    system = system.with_window(window_name, window)
    signals = signals or signals_of(system, folder, window.end_ms)
    forget_projects()
    is_users = runs_user_code(system)
    with _ground_of(is_users=is_users) as ground:
        functions = found_functions(system, folder)
        strategy, own = found_strategies(system, folder, signals)
        resume = random_numbers() if is_users else _as_they_are
        plan = planned_features(system, strategy, functions)
        planned = {
            symbol: OwnStrategy(use, found, planned_features(system, found, functions))
            for symbol, (use, found) in own.items()
        }
        instruments = load_instruments(system)
        spans = spans_of(system, window_name, window, [plan, *(each.plan for each in planned.values())], instruments)
        return Prepared(
            folder=folder,
            system=system,
            window_name=window_name,
            window=window,
            instruments=instruments,
            strategy=strategy,
            plan=plan,
            spans=spans,
            ground=ground,
            resume=resume,
            files={**files_of(strategy, *(found for _, found in own.values())), **files_of_functions(functions)},
            signals=signals,
            functions=functions,
            own=planned,
        )


@contextmanager
def _ground_of(*, is_users: bool) -> Iterator[Ground]:
    """The process as it is; what user code left in it before it failed is taken away, as no part of the next one."""
    if not is_users:
        yield _ground_for_rules()
        return
    ground = level_ground()
    try:
        yield ground
    except BaseException:
        put_back(ground)
        raise


def _ground_for_rules() -> Ground:
    ground = bare_ground()
    load_for_arrays()
    return ground


def _as_they_are() -> None:
    """Nobody draws random numbers where btcli's own code decides."""


class History(NamedTuple):
    """The closed bars that each role needs before a window, and what needs as many, as "htf.trend (…, 9 bars)"."""

    bars: Mapping[Role, int]
    asked_by: Mapping[Role, str]


def history_of(plans: Sequence[FeaturePlan]) -> History:
    """As much as the longest of these plans needs."""
    needs = [plan.warmup_bars() for plan in plans]
    bars = {role: max(need[role] for need in needs) for role in ROLES} if needs else {}
    return History(bars, {role: asking for role in bars if (asking := _asking(plans, role))})


def spans_with(
    system: System, window_name: str, window: Window, history: History, instruments: Mapping[str, InstrumentSpecs]
) -> LoadWindow:
    """What a run of the window loads, for all symbols with so much history.

    Raises RequestError for a symbol that did not trade in it.
    """
    lives = {symbol: Life(specs.listed_ms, specs.delisted_ms) for symbol, specs in instruments.items()}
    observed = system.observed
    written = {symbol: specs for symbol, specs in system.instruments.items() if symbol in observed}
    lives |= {symbol: Life(specs.listed_ms, specs.delisted_ms) for symbol, specs in written.items()}
    return load_window(system, window_name, window.start_ms, window.end_ms, history.bars, lives, history.asked_by)


def spans_of(
    system: System,
    window_name: str,
    window: Window,
    plans: Sequence[FeaturePlan],
    instruments: Mapping[str, InstrumentSpecs],
) -> LoadWindow:
    """The same with as much history as the longest of these plans needs."""
    return spans_with(system, window_name, window, history_of(plans), instruments)


def _asking(plans: Sequence[FeaturePlan], role: Role) -> str:
    """What needs the most bars of a role: a feature, as "htf.trend", or rules that look back; "" when nothing does."""
    features = [each for plan in plans for each in plan.all if each.role == role and each.warmup_bars]
    longest = max(features, key=lambda feature: feature.warmup_bars, default=None)
    rules = max((dict(plan.rules_bars).get(role, 0) for plan in plans), default=0)
    if rules > (longest.warmup_bars if longest else 0):
        return f"strategy.rules ({rules} bars of {role} back)"
    return f"{role}.{longest.name} ({longest.text}, {longest.warmup_bars} bars)" if longest else ""
