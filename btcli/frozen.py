"""Values: frozen dataclasses whose methods are written once, for all of them.

`dataclass(frozen=True)` makes six methods of text for each class: more work, at every start, than to load its module.
An `__init__` of text is made only for a class of which there are more than a FEW values.
"""

from __future__ import annotations

from dataclasses import MISSING, FrozenInstanceError, dataclass, field
from functools import partial
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")
FEW = 32  # instances; to make so many of them field by field takes as long as to make an `__init__` of text


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(kind: type[T]) -> type[T]:
    """A frozen dataclass; methods that it has itself stay as they are."""
    made = dataclass(init=False, repr=False, eq=False)(kind)
    for name, method in (*METHODS.items(), ("__init__", _WayIn(made))):
        if name not in vars(kind):
            setattr(made, name, method)
    return made


class _WayIn:
    """The `__init__` of a class until there are a FEW of its values, or somebody looks at it."""

    def __init__(self, kind: type[Any]) -> None:
        self.kind, self.uses = kind, 0

    def __get__(self, value: Any, owner: type[Any] | None = None) -> Any:
        self.uses += 1
        if value is not None and self.uses <= FEW:
            return partial(_begin, value, self.kind)
        return _written(self.kind).__get__(value, owner)


def _written(kind: type[Any]) -> Any:
    """The `__init__` of text, from now on that of the class."""
    same = {name: getattr(kind, name) for name in ("__module__", "__qualname__", "__doc__")}
    init = vars(dataclass(repr=False, eq=False)(type(kind.__name__, (kind,), same)))["__init__"]
    kind.__init__ = init
    return init


def _begin(value: Any, kind: type[Any], /, *given: object, **named: object) -> None:
    """Set the fields as the `__init__` of text would, which is left to refuse what it would refuse."""
    names: tuple[str, ...] = kind.__match_args__
    said = {**dict(zip(names, given, strict=False)), **named}
    rest = {name: each for name, each in kind.__dataclass_fields__.items() if name not in said}
    has_all = all(each.default is not MISSING or each.default_factory is not MISSING for each in rest.values())
    if not has_all or len(said) != len(given) + len(named) or len(said) + len(rest) != len(names):
        _written(kind)(value, *given, **named)
        return
    for name in names:
        each = rest.get(name)
        set_to = said[name] if each is None else each.default_factory() if each.default is MISSING else each.default
        setattr(value, name, set_to)
    if hasattr(value, "__post_init__"):
        value.__post_init__()


def _set_once(self: Any, name: str, value: object) -> None:
    """A field is set by the way in, and never again."""
    if name in self.__dict__ or name not in self.__dataclass_fields__:
        raise FrozenInstanceError(f"cannot assign to field {name!r}")
    self.__dict__[name] = value


def _never_deleted(_: Any, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _compared(self: Any) -> tuple[object, ...]:
    return tuple([getattr(self, name) for name, each in self.__dataclass_fields__.items() if each.compare])


def _is_equal(self: Any, other: Any) -> bool:
    return _compared(self) == _compared(other) if other.__class__ is self.__class__ else NotImplemented


def _hash_of(self: Any) -> int:
    return hash(_compared(self))


def _said(self: Any) -> str:
    said = (f"{name}={getattr(self, name)!r}" for name, each in self.__dataclass_fields__.items() if each.repr)
    return f"{self.__class__.__qualname__}({', '.join(said)})"


METHODS = {
    "__setattr__": _set_once,
    "__delattr__": _never_deleted,
    "__eq__": _is_equal,
    "__hash__": _hash_of,
    "__repr__": _said,
}
