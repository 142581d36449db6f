"""Who decides in a run, and what computes its features, as they are found and loaded."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING

from btcli.config.model import System
from btcli.simulation.ruled import ruled_strategy
from btcli.strategies.finding import BUILT_INS, FoundStrategy, find_strategy
from btcli.strategies.functions.finding import NO_FUNCTIONS, FoundFunctions, find_functions

if TYPE_CHECKING:
    from btcli.config.sections import Strategy as Written
    from btcli.market.signals.rows import Signals


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


def files_of_functions(functions: FoundFunctions) -> dict[Path, str]:
    """The digests of the files that functions of features were loaded from."""
    return {path: digest for source in functions.sources.values() for path, digest in source.read.items()}


def files_of(*strategies: FoundStrategy) -> dict[Path, str]:
    """The digests of the files that these strategies were loaded from."""
    return {path: digest for each in strategies for path, digest in each.source.read.items()}


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
