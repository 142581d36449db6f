"""What user code can write on that outlives its own modules: attributes of other modules and of classes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from enum import Enum
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

SHOWN = ("btcli", "btcli.market.series", "btcli.strategies")  # what a strategy imports; submodules included
OWN = "btcli"
HIDDEN = "btcli.strategies.guarding"  # what it knows of a fork or of Ctrl-C is no state of user code
WHOLE = sys.stdlib_module_names | {"__main__", "btcli", "numpy"}
COUNTING = {"_frozen_importlib", "_frozen_importlib_external", "importlib"}  # how often caches were dropped
STREAMS = frozenset({"stdin", "stdout", "stderr"})  # whoever moves them aside puts them back
HEAP, IMMUTABLE = 1 << 9, 1 << 8  # Py_TPFLAGS_HEAPTYPE and Py_TPFLAGS_IMMUTABLETYPE
NESTED = 3  # containers inside containers


class Held(NamedTuple):
    """An object with its attributes; `is_whole`: changed ones are put back, too, else only new ones are taken off."""

    owner: Any
    attributes: dict[str, Any]
    is_whole: bool


def belongings(modules: Iterable[Any]) -> Callable[[], None]:
    """Look at these modules and their classes; what is returned takes off what was written on them since.

    What is written inside an object of Python's or of an installed package, such as an entry of its dict, stays.
    """
    held = [each for module in modules if isinstance(module, ModuleType) for each in _of(module)]
    filled = [back for each in held if _is_shown(each.owner) for back in _contents(each.attributes.values(), NESTED)]
    filled += [_body(each.owner) for each in held if isinstance(each.owner, FunctionType)]
    shown: list[type] = [each.owner for each in held if isinstance(each.owner, type) and _is_shown(each.owner)]
    families: list[tuple[type, list[type]]] = [(base, type.__subclasses__(base)) for base in shown]

    def back() -> None:
        for one in held:
            _put_back(one)
        for refill in filled:
            refill()
        for base, known in families:
            now: list[type] = type.__subclasses__(base)
            for stranger in now:
                if not any(stranger is before for before in known):
                    _part(stranger, base)

    return back


def _of(module: ModuleType) -> Iterator[Held]:
    attributes = dict(vars(module))
    name = str(attributes.get("__name__", ""))
    top = name.partition(".")[0]
    yield Held(module, attributes, top in WHOLE)
    for value in attributes.values():
        if not issubclass(type(value), (type, FunctionType)) or value.__module__ != name:
            continue
        if isinstance(value, FunctionType):
            yield from [Held(value, dict(vars(value)), True)] if top == OWN else []
        elif value.__flags__ & HEAP and not value.__flags__ & IMMUTABLE:
            yield from _of_class(value, top)


def _of_class(owner: type, top: str) -> Iterator[Held]:
    is_own = top == OWN
    yield Held(owner, dict(vars(owner)), is_own or top in sys.stdlib_module_names - COUNTING)
    if is_own:
        values = [value.fget if isinstance(value, property) else value for value in vars(owner).values()]
        inner: list[Any] = [value for value in values if isinstance(value, (FunctionType, type))]
        inner += list(owner.__members__.values()) if issubclass(owner, Enum) else []
        yield from (Held(value, dict(vars(value)), True) for value in inner if _is_own(value))


def _is_own(owner: Any) -> bool:
    return str(getattr(owner, "__module__", "")).partition(".")[0] == OWN


def _is_shown(owner: Any) -> bool:
    name = owner.__name__ if isinstance(owner, ModuleType) else str(getattr(owner, "__module__", ""))
    return name != HIDDEN and (name in SHOWN or name.startswith(f"{SHOWN[-1]}."))


def _contents(values: Iterable[Any], depth: int) -> Iterator[Callable[[], None]]:
    """How to refill each dict, list and set among these values, and those inside them."""
    for value in values:
        if type(value) in (dict, list, set) and "__import__" not in value:  # no module's `__builtins__`
            yield _refill(value, value.copy())
            if depth > 1:
                yield from _contents(value.values() if isinstance(value, dict) else value, depth - 1)


def _refill(container: Any, content: Any) -> Callable[[], None]:
    def back() -> None:
        if isinstance(container, list):
            container[:] = content
        elif container != content or list(container) != list(content):
            container.clear()
            container.update(content)

    return back


def _body(function: FunctionType) -> Callable[[], None]:
    """What a function does, and with which defaults."""
    code, defaults, named = function.__code__, function.__defaults__, function.__kwdefaults__
    kept = None if named is None else dict(named)

    def back() -> None:
        if function.__code__ is not code:
            function.__code__ = code
        function.__defaults__, function.__kwdefaults__ = defaults, kept and dict(kept)

    return back


def _put_back(held: Held) -> None:
    owner, before, now = held.owner, held.attributes, dict(vars(held.owner))
    for name, value in now.items():
        if name not in before and not _belongs(owner, name, value):
            _write(owner, name)
    if held.is_whole:
        for name, value in before.items():
            if now.get(name, before) is not value and not (owner is sys and name in STREAMS):
                _write(owner, name, value)


def _belongs(owner: Any, name: str, value: Any) -> bool:
    """Whether something new is there by right: a module's submodule, or what Python keeps on a class."""
    if isinstance(owner, ModuleType):
        return isinstance(value, ModuleType) and sys.modules.get(f"{owner.__name__}.{name}") is value
    return isinstance(owner, type) and name.startswith("__") and not _is_shown(owner)


def _write(owner: Any, name: str, *value: Any) -> None:
    """Set an attribute, or without a value delete it, past whatever the owner's class has to say."""
    with suppress(AttributeError, TypeError):  # Python's own, such as `__weakref__`
        if not isinstance(owner, type):
            vars(owner).update(zip((name,), value, strict=True)) if value else vars(owner).pop(name)
        elif value:
            type.__setattr__(owner, name, value[0])
        else:
            type.__delattr__(owner, name)


class _Nobody:
    """What classes of an earlier load extend instead."""


def _part(stranger: type, base: type) -> None:
    """Let a class of an earlier load be no subclass any more, so that nobody finds it through `__subclasses__`."""
    bases = tuple(each for each in stranger.__bases__ if each is not base) or (_Nobody,)
    with suppress(TypeError):  # of another layout: it stays until nothing refers to it
        type.__setattr__(stranger, "__bases__", bases)
