"""Finding the functions that a system names for features: in files of its folder, or in modules."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from btcli.config.findings import did_you_mean, listed
from btcli.config.sections import PythonFeature
from btcli.errors import RequestError
from btcli.expressions.tree import UserFunction
from btcli.strategies.failing import is_project_file, shortest, user_code
from btcli.strategies.finding import is_file_name
from btcli.strategies.functions.checking import Called, checked
from btcli.strategies.guarding import visiting
from btcli.strategies.loading import Loaded, load_file, load_module
from btcli.strategies.source import Source, source_of

HOW = "path/file.py:function or package.module:function"
Written = Mapping[Any, Mapping[str, PythonFeature]]  # by role and name


class FoundFunctions(NamedTuple):
    """Features by role and name, and the source of each file or module by what stands before the colon."""

    features: Mapping[Any, Mapping[str, UserFunction]]
    sources: Mapping[str, Source]


NO_FUNCTIONS = FoundFunctions({}, {})


@visiting()
def find_functions(written: Written, folder: Path, locate: Callable[[str], str], tolerance: float) -> FoundFunctions:
    """The functions that features name; each file is loaded once.

    Raises RequestError for one that is not there or cannot be called so, StrategyError when its file raises.
    """
    loaded: dict[str, tuple[Loaded, Source]] = {}
    features: dict[Any, dict[str, UserFunction]] = {}
    for role, named in written.items():
        for name, feature in named.items():
            key = f"features.{role}.{name}"
            place, function_name = _taken_apart(feature.python, locate(f"{key}.python"))
            if place not in loaded:
                loaded[place] = loaded_source(place, folder, locate(f"{key}.python"))
            module, source = loaded[place]
            function = _function_in(module, function_name, locate(f"{key}.python"))
            _require_arguments(function, feature, locate(f"{key}.args"))
            call = Called(f"{key}: {function_name}", _place_of(function), partial(function, **feature.args))
            made = checked(call, feature.bars, tolerance)
            args = tuple(sorted(feature.args.items()))
            features.setdefault(role, {})[name] = UserFunction(str(feature), args, feature.bars, source.digest, made)
    return FoundFunctions(features, {place: source for place, (_, source) in loaded.items()})


def _taken_apart(use: str, where: str) -> tuple[str, str]:
    place, _, name = use.rpartition(":")
    if not use.isprintable() or not place or not name.isidentifier():
        raise RequestError(f"{use[:60]!r} names no function", where=where, hint=f"write {HOW}")
    return place, name


def loaded_source(place: str, folder: Path, where: str) -> tuple[Loaded, Source]:
    """The module of a file or of a dotted name, and the files that it is made of; raises what loading raises."""
    with user_code(f"importing {place} failed"):
        if is_file_name(place, folder):
            loaded = load_file(place, folder, where)
        elif all(part.isidentifier() for part in place.split(".")):
            loaded = load_module(place, folder, where)
        else:
            raise RequestError(f"{place!r} is no name of a Python module", where=where, hint=f"write {HOW}")
    return loaded, source_of(loaded.entry, loaded.roots, loaded.came_along)


def _function_in(loaded: Loaded, name: str, where: str) -> Callable[..., Any]:
    found = vars(loaded.module).get(name)
    if inspect.isfunction(found) and not inspect.iscoroutinefunction(found):
        return found
    place = shortest(str(loaded.entry))
    if found is not None:
        said = f"{name} in {place} is no function"
        raise RequestError(said, where=where, hint="a feature is computed by a function that is written with def")
    known = [key for key, value in vars(loaded.module).items() if inspect.isfunction(value) and key.isidentifier()]
    there = f"it has {listed(known)}" if known else "it has no function"
    raise RequestError(f"{place} has no function {name!r}", where=where, hint=did_you_mean(name, known) or there)


def _require_arguments(function: Callable[..., Any], feature: PythonFeature, where: str) -> None:
    """Raise RequestError where the function does not take the bars and these arguments."""
    try:
        signature = inspect.signature(function)
        signature.bind(None, **feature.args)
    except (TypeError, ValueError) as error:
        said = f"{function.__name__} cannot be called with the bars and these args: {error}"
        hint = f"it is written {function.__name__}{signature}" if "signature" in locals() else ""
        raise RequestError(said, where=where, hint=hint) from None


def _place_of(function: Callable[..., Any]) -> str:
    code = inspect.unwrap(function).__code__
    return f"{shortest(code.co_filename)}:{code.co_firstlineno}" if is_project_file(code.co_filename) else ""
