"""What frozen values with named fields share, so that some kinds of them may read a field only when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import FrozenInstanceError, fields
from itertools import islice
from types import MappingProxyType
from typing import Any


class Value:
    """Compared, shown, copied and pickled by what its fields say; a copy holds these values and nothing else."""

    __slots__ = ()

    def _values(self) -> Iterator[Any]:
        return (getattr(self, name) for name in names_of(type(self)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, public_kind(type(self))):
            return NotImplemented
        return self is other or all(
            mine == theirs for mine, theirs in zip(self._values(), other._values(), strict=True)
        )

    def __hash__(self) -> int:
        """Of the first two fields, which name the close; mappings among the others have none."""
        return hash(tuple(islice(self._values(), 2)))

    def __setattr__(self, name: str, value: object) -> None:
        raise FrozenInstanceError(f"snapshots never change: {name}")

    def __delattr__(self, name: str) -> None:
        raise FrozenInstanceError(f"snapshots never change: {name}")

    def __repr__(self) -> str:
        said = (f"{name}={value!r}" for name, value in zip(names_of(type(self)), self._values(), strict=True))
        return f"{public_kind(type(self)).__name__}({', '.join(said)})"

    def __reduce__(self) -> tuple[Any, ...]:
        plain = tuple(dict(value) if isinstance(value, MappingProxyType) else value for value in self._values())
        return value_of, (public_kind(type(self)), plain)


def names_of(kind: Any) -> tuple[str, ...]:
    """The names of the fields, in their order."""
    return tuple(field.name for field in fields(kind))


def public_kind(kind: Any) -> type[Value]:
    """The class that says which fields there are, of one that only reads them elsewhere."""
    found: type[Value] = next(each for each in kind.__mro__ if Value in each.__bases__)
    return found


def frozen(mapping: dict[str, Any]) -> MappingProxyType[str, Any]:
    """A mapping that nobody can change, as a function that pickles can name."""
    return MappingProxyType(mapping)


def value_of(kind: type[Value], values: tuple[Any, ...]) -> Value:
    """The value with these fields, in their order; mappings are frozen."""
    return kind(*(frozen(value) if type(value) is dict else value for value in values))
