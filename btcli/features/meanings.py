"""Features of features: what each comes to with those that it names put in their places."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from btcli.expressions.problems import RuleError
from btcli.expressions.scanning import MOST_LEVELS, too_deep
from btcli.expressions.tree import Cross, Earlier, Indicator, Node, Operation, UserFunction, Window, below
from btcli.features.expression import features_in, is_feature, names_of_features, read_named

Functions = Mapping[str, UserFunction]
MOST_PARTS = 2_000
FEW = 12  # names of a circle that are told
MOST_MISTAKES = 100  # of one role; where there are more the rest is not read


class Meanings(NamedTuple):
    """What the features of a role come to by name, and what is wrong with the others."""

    nodes: Mapping[str, Node]
    mistakes: Mapping[str, RuleError]


def meanings(role: str, texts: Mapping[str, str], functions: Functions = MappingProxyType({})) -> Meanings:
    """Every feature of a role; those that name one with a mistake are in neither.

    `functions` are features that are no expressions: they may be named, and come to themselves.
    """
    return _meanings(role, tuple(texts.items()), tuple(functions.items()))


@lru_cache(256)
def _meanings(
    role: str, texts: tuple[tuple[str, str], ...], functions: tuple[tuple[str, UserFunction], ...]
) -> Meanings:
    reader = _reader(role, tuple(name for name, _ in (*texts, *functions)))
    read: dict[str, _Read] = {}
    mistakes: dict[str, RuleError] = {}
    for name, text in texts:
        if len(mistakes) == MOST_MISTAKES:
            break
        try:
            read[name] = reader(name, text)
        except RuleError as mistake:
            mistakes[name] = mistake
    nodes: dict[str, Node] = dict(functions)
    sizes = dict.fromkeys(nodes, _Size(1, 1))
    of = {name: each.made_of for name, each in read.items()}
    ordered = list(_ordered(of))
    for name in ordered:
        node, made_of, size = read[name]
        if all(each in nodes for each in made_of):
            sizes[name] = _size(node, sizes) if made_of else size
            if refusal := _too_large(sizes[name]):
                mistakes[name] = refusal
            else:
                nodes[name] = _with(node, nodes) if made_of else node
    for circle in _circles(of) if len(ordered) < len(of) else ():
        way = (*circle[:FEW], "…") if len(circle) > FEW else circle
        says = f"is made of itself: {' -> '.join((*way, circle[0]))}"
        mistakes[circle[0]] = RuleError(says, 1, hint="let one of them be made of prices alone")
    return Meanings(MappingProxyType(nodes), MappingProxyType(mistakes))


class _Size(NamedTuple):
    levels: int
    parts: int


class _Read(NamedTuple):
    """A feature by itself: the features that it names are names, and count as one part each in its size."""

    node: Node
    made_of: frozenset[str]
    size: _Size


@lru_cache(16)
def _reader(role: str, features: tuple[str, ...]) -> Callable[[str, str], _Read]:
    """What reads a feature of a role, by name and text, beside the others; trials share what was read."""
    names = names_of_features(role, features)

    @lru_cache(1024)
    def read(name: str, text: str) -> _Read:
        node = read_named(name, text, role, names)
        return _Read(node, features_in(node), _size(node, {}))

    return read


def _ordered(of: Mapping[str, frozenset[str]]) -> Iterator[str]:
    """The names, each after those that it is made of; those that are made of themselves are left out."""
    waits = {name: len(made_of & of.keys()) for name, made_of in of.items()}
    makes: dict[str, list[str]] = {}
    for name, made_of in of.items():
        for each in made_of:
            makes.setdefault(each, []).append(name)
    ready = [name for name, count in waits.items() if not count]
    for name in ready:  # grows meanwhile
        yield name
        for each in makes.get(name, ()):
            waits[each] -= 1
            if not waits[each]:
                ready.append(each)


def _circles(of: Mapping[str, frozenset[str]]) -> Iterator[tuple[str, ...]]:
    """Names that are made of themselves, each circle once, from the name on that stands first."""
    left = {name: sorted(made_of & of.keys()) for name, made_of in of.items()}
    for name in _ordered(of):
        del left[name]
    places = {name: place for place, name in enumerate(left)}
    told: set[str] = set()
    for start in left:
        name, way = start, dict[str, None]()
        while name not in told and name not in way:
            way[name] = None
            name = next(each for each in left[name] if each in left)
        if name not in told:
            circle = list(way)[list(way).index(name) :]
            first = circle.index(min(circle, key=places.__getitem__))
            yield (*circle[first:], *circle[:first])
        told.update(way)


def _size(node: Node, sizes: Mapping[str, _Size]) -> _Size:
    if is_feature(node) and node.name in sizes:
        return sizes[node.name]
    inside = [_size(part, sizes) for part in below(node)]
    return _Size(1 + max((each.levels for each in inside), default=0), 1 + sum(each.parts for each in inside))


def _too_large(size: _Size) -> RuleError | None:
    if size.levels > MOST_LEVELS:
        mistake = too_deep(1)
        return RuleError(f"{mistake.problems[0].message}, with the features that it names", 1)
    if size.parts > MOST_PARTS:
        says = f"has {size.parts:,} parts with the features that it names; a feature has at most {MOST_PARTS:,}"
        return RuleError(says, 1)
    return None


def _with(node: Node, nodes: Mapping[str, Node]) -> Node:
    """The same with features in the places of their names."""
    if is_feature(node):
        return nodes[node.name]
    if isinstance(node, Operation):
        return Operation(node.op, tuple(_with(each, nodes) for each in node.operands))
    if isinstance(node, Indicator):
        return Indicator(node.function, tuple(_with(each, nodes) for each in node.inputs), node.numbers, node.output)
    if isinstance(node, Cross):
        return Cross(node.is_above, _with(node.first, nodes), _with(node.second, nodes))
    if isinstance(node, Earlier):
        return Earlier(_with(node.of, nodes), node.bars)
    return Window(node.function, _with(node.of, nodes), node.bars) if isinstance(node, Window) else node
