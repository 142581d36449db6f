"""Registers the rules, and lets Python call some of them as machine code: those that take integers and return one.

A rule stays the plain function that it is written as: called from Python it runs as it reads, to the same bytes; only
entries are swapped, when they are called for the first time. NUMBA_DISABLE_JIT=1 leaves those as well. No rule raises
or allocates: every divisor is guarded, memory comes from outside, by its address.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar, cast

from btcli.exchange.machine.sources import digest_of_sources, sources_below

F = TypeVar("F", bound=Callable[..., Any])
Rule = Callable[..., Any]

IS_COMPILED = os.environ.get("NUMBA_DISABLE_JIT", "0") == "0"
RULE, INLINED, ENTRY = "rule", "inlined", "entry"

EXCHANGE = Path(__file__).parents[1]


def exchange_digest() -> str:
    """The digest of the exchange's sources as they lie there now."""
    return digest_of_sources(EXCHANGE, sources_below(EXCHANGE))


# Before any rule is imported: a checkout may change while a process runs, and that is of what it began with.
began_with = exchange_digest() if IS_COMPILED else ""

kinds: dict[Rule, str] = {}  # of every rule whose module is loaded, in the order of their registration
entries: dict[str, Rule] = {}  # by "module.name"; some before their modules are loaded, see entry_of
arguments: dict[Rule, int] = {}  # of entries: how many they take
proofs: dict[Rule, str] = {}  # of entries: "module:function", see proved_by
ways: dict[Rule, Rule] = {}  # what runs when an entry is called, of those that were


def compiled(function: F) -> F:
    """Register a rule that other rules call, with IEEE arithmetic as written: no fastmath, no fused, parallel sums."""
    kinds[function] = RULE
    return function


def inlined(function: F) -> F:
    """Register a rule to be pasted into its callers: for functions that return records, which numba cannot."""
    kinds[function] = INLINED
    return function


def entry(function: F) -> F:
    """Register a rule that Python calls to run compiled: integers of 64 bits in, one out.

    Its arguments are addresses and numbers; who calls it keeps what they point at alive. The call keeps the
    interpreter's lock: see `unlocked`.
    """
    if not IS_COMPILED:
        return function
    module, name = function.__module__, function.__qualname__
    awaited = entries.get(f"{module}.{name}")
    enter = _way_in(module, name) if awaited is None or awaited in kinds else awaited
    kinds[wraps(function)(_taking(enter, function.__code__.co_argcount))] = ENTRY
    return cast(F, enter)


def entry_of(module: str, name: str, takes: int) -> Rule:
    """An entry by its name: its module, and with it the rules below, is loaded only where machine code is to be made.

    To load the rules takes longer than to load their machine code.
    """
    if not IS_COMPILED:
        return cast(Rule, getattr(import_module(module), name))
    return _taking(entries.get(f"{module}.{name}") or _way_in(module, name), takes)


def _way_in(module: str, name: str) -> Rule:
    def enter(*given: int) -> Any:
        return (ways.get(enter) or _first_way(enter))(*given)

    enter.__module__, enter.__qualname__, enter.__name__ = module, name, name
    entries[f"{module}.{name}"] = enter
    return enter


def _taking(enter: Rule, takes: int) -> Rule:
    if arguments.setdefault(enter, takes) != takes:
        raise TypeError(f"{enter.__module__}.{enter.__name__} takes {takes} arguments here, {arguments[enter]} there")
    return enter


def locked(entry: F) -> F:
    """The same entry for very many short calls: what it leads to is looked up once, now."""
    return cast(F, ways.get(entry) or _first_way(entry)) if IS_COMPILED else entry


def unlocked(entry: F) -> F:
    """The same entry for calls that let other threads run meanwhile; beside a busy thread one may wait 5 ms to return.

    For long calls, each with memory of its own. What is no entry is returned as it is.
    """
    if not IS_COMPILED or entry not in arguments:
        return entry
    from btcli.exchange.machine.trust import calls_of

    return cast(F, calls_of(entry).unlocked)


def proved_by(entry: Rule, proof: str) -> None:
    """Name the "module:function" whose answer must be the same by an entry's machine code and by its plain function.

    The function takes nothing and returns a text; it runs once, in a process of its own, when machine code is stored.
    """
    proofs[entry] = proof


def plain(entry: Rule) -> Rule:
    """The function that an entry was written as; its module is loaded where nobody did.

    Raises ImportError where that is no more what the process began with: a run would have the name of other rules.
    """
    if entry in arguments and entry not in kinds:
        if exchange_digest() != began_with:
            raise ImportError("the sources of btcli's exchange changed while it ran; start it again")
        import_module(entry.__module__)
    return cast(Rule, getattr(entry, "__wrapped__", entry))


def _first_way(entry: Rule) -> Rule:
    from btcli.exchange.machine.trust import calls_of

    return ways.setdefault(entry, calls_of(entry).locked)
