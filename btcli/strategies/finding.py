"""Finding the strategy a system names: a built-in, a class in a package, or a class in a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field, fields
from functools import partial
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from btcli.config.findings import did_you_mean, listed
from btcli.config.sections import WAYS
from btcli.errors import RequestError
from btcli.frozen import frozen
from btcli.strategies.failing import shortest, user_code
from btcli.strategies.guarding import moved_to, visiting
from btcli.strategies.loading import Loaded, file_of, load_file, load_module, module_file
from btcli.strategies.source import Source, source_of

if TYPE_CHECKING:
    from btcli.strategies.interface import Strategy
    from btcli.strategies.params import Value
    from btcli.strategies.rules.assembling import Assembled

BUILT_INS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "ema_rsi_atr": ("btcli.strategies.builtin.ema_rsi_atr", "EmaRsiAtr"),
        "mtf_trend": ("btcli.strategies.builtin.mtf_trend", "MtfTrend"),
    }
)


@frozen
class FoundStrategy:
    """A strategy ready to be made: `make()` gives a new instance with its checked parameters.

    `source` covers every file of the user's project that it is made of, and packages by version. Raises
    StrategyError when its constructor raises.
    """

    name: str
    features: Mapping[str, Mapping[str, str]]
    source: Source
    make: Callable[[], Strategy]
    entry: Path = Path()  # the file that the class is in
    assembled: Assembled | None = None  # of rules
    params: Mapping[str, Value] = field(default_factory=dict)  # by name, those left to their defaults too

    @property
    def source_digest(self) -> str:
        return self.source.digest


@visiting()
def find_strategy(
    use: str, folder: Path, params: Mapping[str, Value] | None = None, locate: Callable[[str], str] | None = None
) -> FoundStrategy:
    """The strategy that `use` names; files and packages are looked for in `folder`.

    Raises RequestError when it cannot be found or is no strategy, ConfigError for wrong parameters,
    StrategyError when its code raises. `locate` turns a dotted key of the system file into its place.
    """
    from btcli.strategies.classes import class_in, features_of, made_of  # rules are no classes
    from btcli.strategies.params import read_params

    where = locate("strategy.use") if locate else "strategy.use"
    with user_code(f"importing {use} failed"):
        loaded = _built_in(use) if use in BUILT_INS else _own(use, folder, where)
    with user_code(f"reading {_class_name(use)} in {shortest(str(loaded.entry))} failed"):
        strategy = class_in(loaded.module, _class_name(use), where)
        values, features = read_params(strategy, params or {}, locate), features_of(strategy, where)
        named = {each.name: getattr(values, each.name) for each in fields(strategy.Params) if each.init}
    source = source_of(loaded.entry, loaded.roots, loaded.came_along)
    make = partial(made_of, strategy, values, moved_to())
    return FoundStrategy(strategy.__name__, features, source, make, loaded.entry, params=named)


def _class_name(use: str) -> str:
    return BUILT_INS[use][1] if use in BUILT_INS else use.rpartition(":")[2]


def _built_in(use: str) -> Loaded:
    module = import_module(BUILT_INS[use][0])
    entry = Path(str(module.__file__)).resolve()
    return Loaded(module, entry, (entry.parents[3],), ())


def _own(use: str, folder: Path, where: str) -> Loaded:
    place, colon, _ = use.rpartition(":")
    if not use.isprintable():
        raise RequestError(f"{use!r} holds characters that no name has", where=where, hint=f"write {WAYS}")
    if colon and place:
        return _named_class(place, use.rpartition(":")[2], folder, where)
    if use.endswith(".py"):
        raise RequestError(f"{use} names a file, but no class in it", where=where, hint=f"write {use}:Class")
    hint = did_you_mean(use, BUILT_INS) or f"built in are {listed(BUILT_INS)}; else write {WAYS}"
    raise RequestError(f"there is no strategy {use!r}", where=where, hint=hint)


def _named_class(place: str, name: str, folder: Path, where: str) -> Loaded:
    if not name.isidentifier():
        raise RequestError(f"{place}:{name} names no class", where=where, hint=f"write {place}:Class")
    if is_file_name(place, folder):
        return load_file(place, folder, where)
    if not all(part.isidentifier() for part in place.split(".")):
        raise RequestError(f"{place!r} is no name of a Python module", where=where, hint=f"write {WAYS}")
    return load_module(place, folder, where)


def is_file_name(place: str, folder: Path) -> bool:
    """Whether what stands before the class names a file, and not a module."""
    return place.endswith(".py") or "/" in place or "\\" in place or (folder / place).is_file()


def code_file(use: str, folder: Path, where: str) -> Path | None:
    """The file that `use` would run, found without running it; None for a module that is not found.

    Raises RequestError for a file that is none.
    """
    place = use.rpartition(":")[0]
    return file_of(place, folder, where) if is_file_name(place, folder) else module_file(place, folder)
