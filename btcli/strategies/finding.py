"""Finding the strategy a system names: a built-in, a class in a package, or a class in a file."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import field, fields
from functools import partial
from importlib import import_module
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING, cast

from btcli.config.findings import did_you_mean, listed
from btcli.config.sections import WAYS
from btcli.errors import RequestError, StrategyError
from btcli.frozen import frozen
from btcli.strategies.failing import shortest, user_code
from btcli.strategies.guarding import moved_to, visiting
from btcli.strategies.interface import Strategy
from btcli.strategies.loading import Loaded, file_of, load_file, load_module, module_file
from btcli.strategies.params import Value, read_params
from btcli.strategies.source import Source, source_of

if TYPE_CHECKING:
    from btcli.strategies.rules.assembling import Assembled

BUILT_INS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "ema_rsi_atr": ("btcli.strategies.builtin.ema_rsi_atr", "EmaRsiAtr"),
        "mtf_trend": ("btcli.strategies.builtin.mtf_trend", "MtfTrend"),
    }
)
SAID_OF_ITSELF = ("sees_others", "decides_in_position", "decides_by_market")


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
    where = locate("strategy.use") if locate else "strategy.use"
    with user_code(f"importing {use} failed"):
        loaded = _built_in(use) if use in BUILT_INS else _own(use, folder, where)
    with user_code(f"reading {_class_name(use)} in {shortest(str(loaded.entry))} failed"):
        strategy = _class_in(loaded.module, _class_name(use), where)
        values, features = read_params(strategy, params or {}, locate), _features(strategy, where)
        named = {each.name: getattr(values, each.name) for each in fields(strategy.Params) if each.init}
    source = source_of(loaded.entry, loaded.roots, loaded.came_along)
    make = partial(_made, strategy, values, moved_to())
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


def _class_in(module: ModuleType, name: str, where: str) -> type[Strategy]:
    place = getattr(module, "__file__", None) or module.__name__
    classes = [
        key
        for key, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, Strategy) and value is not Strategy
    ]
    found = getattr(module, name, None)
    if found is None:
        known = f"it has {listed(classes)}" if classes else "it has no subclass of btcli.strategies.Strategy"
        raise RequestError(f"{place} has no {name!r}", where=where, hint=did_you_mean(name, classes) or known)
    if name not in classes:
        raise RequestError(
            f"{name} in {place} is no strategy",
            where=where,
            hint="a strategy is a subclass of btcli.strategies.Strategy",
        )
    if found.decide is Strategy.decide:
        raise RequestError(f"{name} in {place} has no decide(self, snapshot)", where=where, hint="write that method")
    strategy: type[Strategy] = found
    return strategy


def _features(strategy: type[Strategy], where: str) -> Mapping[str, Mapping[str, str]]:
    features: object = strategy.features
    if isinstance(features, Mapping) and all(_is_named(named) for named in features.values()):
        return MappingProxyType({role: MappingProxyType(dict(named)) for role, named in features.items()})
    raise RequestError(
        f"{strategy.__name__}.features must be role -> name -> expression",
        where=where,
        hint='write features = {"ltf": {"fast": "ema(close, 9)"}}',
    )


def _is_named(named: object) -> bool:
    return isinstance(named, Mapping) and all(isinstance(text, str) for text in named.values())


def _made(strategy: type[Strategy], values: object, folder: str | None) -> Strategy:
    """A new instance, made in the working directory that its module left behind when it left another."""
    with user_code(f"{strategy.__name__} could not be made"):
        if folder is not None:
            os.chdir(folder)
        made: object = strategy(values)
        if not issubclass(type(made), Strategy):
            raise StrategyError(f"{strategy.__name__}(…) gave {type(made).__name__}", hint="a class makes its own kind")
        for name in SAID_OF_ITSELF:
            if type(said := getattr(made, name)).__name__ not in ("bool", "bool_"):  # numpy's are as good
                raise StrategyError(f"{strategy.__name__}.{name} is {said!r}", hint="write True or False")
        return cast("Strategy", made)
