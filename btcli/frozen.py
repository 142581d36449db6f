"""Values: frozen dataclasses whose methods are written once, for all of them.

`dataclass(frozen=True)` makes six methods of text for each class: more work, at every start, than to load its module.
"""

from __future__ import annotations

from dataclasses import FrozenInstanceError, dataclass, field
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(kind: type[T]) -> type[T]:
    """A frozen dataclass; methods that it has itself stay as they are."""
    made = dataclass(repr=False, eq=False)(kind)
    for name, method in METHODS.items():
        if name not in vars(kind):
            setattr(made, name, method)
    return made


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
