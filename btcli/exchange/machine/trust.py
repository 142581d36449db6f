"""What runs when an entry is called: stored object code, else what numba makes now, else the plain function."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from contextlib import suppress
from threading import RLock

from btcli.exchange.machine.calls import Calls, calls_at
from btcli.exchange.machine.compiled import Rule, arguments, began_with, entries, exchange_digest, plain, ways
from btcli.exchange.machine.folder import can_store, places, store, stored
from btcli.exchange.machine.loading import load
from btcli.exchange.machine.naming import object_name, symbol_of
from btcli.exchange.machine.symbols import is_self_contained
from btcli.exchange.machine.trial import Verdict, tried

_calls: dict[Rule, Calls] = {}
_lock = RLock()
_given: dict[str, bytes] = {}  # object code by its name, where no folder has it
_guests: list[int] = []  # not empty in a process that writes nothing into the folder


def store_nothing() -> None:
    """From now on this process loads stored object code and writes none: what is missing is compiled for it alone."""
    _guests.append(os.getpid())


def give(objects: Mapping[str, bytes]) -> None:
    """Let this process take object code that another one has stored, by its names; whoever gives it vouches for it."""
    _given.update(objects)


def stored_objects() -> dict[str, bytes]:
    """What is stored of all entries that this process knows, by its names, for another process to take."""
    names = [name for entry in entries.values() if (name := object_name(entry))]
    found = {name: next(filter(None, (stored(folder, name) for folder in places())), None) for name in names}
    return {name: code for name, code in found.items() if code is not None}


def calls_of(entry: Rule) -> Calls:
    """How an entry is called in this process; the first call of all may compile it."""
    with _lock:
        return _at_hand(entry) or _calls.setdefault(entry, _compiled(entry))


def use(entry: Rule, calls: Calls) -> None:
    """Have an entry called in one way, whatever there is."""
    _calls[entry], ways[entry] = calls, calls.locked


def is_at_hand(entry: Rule) -> bool:
    """Whether an entry can be called without compiling it."""
    with _lock:
        return _at_hand(entry) is not None


def is_kept(entry: Rule) -> bool:
    """Whether what is compiled of an entry can be stored for the next process."""
    return object_name(entry) is not None and any(map(can_store, places()))


def _at_hand(entry: Rule) -> Calls | None:
    if entry not in _calls and (name := object_name(entry)):
        found = (*(stored(folder, name, notes_use=not _guests) for folder in places()), _given.get(name))
        if calls := next((calls for code in found if code and (calls := _placed(code, entry))), None):
            _calls[entry] = calls
    return _calls.get(entry)


def _placed(code: bytes, entry: Rule) -> Calls | None:
    with suppress(OSError, ValueError):
        return calls_at(load(code, symbol_of(entry)), arguments[entry])
    return None


def _compiled(entry: Rule) -> Calls:
    """Compile an entry, and store the code where it stands the trial."""
    from btcli.exchange.machine.building import build

    code = build(entry)
    if _guests:
        return _placed(code, entry) or _without_machine(entry)
    name, folder = object_name(entry), next(filter(can_store, places()), None)
    is_of_what_lies_there = exchange_digest() == began_with  # else the trial would be held against other rules
    if name and folder and is_of_what_lies_there and is_self_contained(code):
        verdict = tried(entry, code)
        if verdict is Verdict.WRONG:
            return _without_machine(entry)
        if verdict is Verdict.RIGHT:
            with suppress(OSError):
                store(folder, name, code)
    return _placed(code, entry) or _without_machine(entry)


def _without_machine(entry: Rule) -> Calls:
    """The plain function: what is left where machine code fails."""
    warnings.warn(
        f"machine code of {symbol_of(entry)} fails here: it runs interpreted, about 500 times slower", stacklevel=2
    )
    return Calls(plain(entry), plain(entry))
