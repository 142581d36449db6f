"""Reads YAML 1.2 text into plain values and remembers where every key stands.

The core schema of YAML 1.2 is applied here, word by word, so that no directive or library default
can turn `no` into false or a date into an object.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import field
from typing import Any, TypeGuard

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)
from ruamel.yaml.reader import ReaderError

from btcli.config.findings import Finding, KeyPath, Place
from btcli.config.unquoted import Mistake, closes, is_cut, syntax_hint
from btcli.frozen import frozen

_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INT = re.compile(r"[-+]?[0-9]{1,18}|0o[0-7]{1,20}|0x[0-9a-fA-F]{1,15}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INFINITE = re.compile(r"[-+]?\.(inf|Inf|INF)")
_NAN = re.compile(r"\.(nan|NaN|NAN)")
_QUOTED = re.compile(r'"([ !#-\[\]-~]*)"')  # on one line and without escapes
_LIST_OF_QUOTED = re.compile(rf"\[ *{_QUOTED.pattern}(?: *, *{_QUOTED.pattern})* *\]")
_TOO_DEEP = 40
MOST_NODES = 30_000  # keys and values, those that aliases repeat counted each time


@frozen
class Document:
    """Plain values (dict, list, str, int, float, bool, None), the place of each key, and what was wrong.

    `values` has the place at which the value of each key begins.
    """

    tree: Any
    places: dict[KeyPath, Place]
    findings: tuple[Finding, ...]
    values: dict[KeyPath, Place] = field(default_factory=dict)


def plain_value(word: str) -> str | int | float | bool | None:
    """What an unquoted word means in the core schema of YAML 1.2."""
    if word in _WORDS:
        return _WORDS[word]
    if _INT.fullmatch(word):
        return int(word, 0) if word.startswith("0") and word[1:2] in ("o", "x") else int(word)
    if _FLOAT.fullmatch(word):
        return float(word)
    if _INFINITE.fullmatch(word):
        return float(word.replace(".", ""))
    return float("nan") if _NAN.fullmatch(word) else word


def read_document(text: str) -> Document:
    """Compose one YAML document; a syntax error becomes a finding and the tree is None."""
    if _LIST_OF_QUOTED.fullmatch(text) and text.count('"') < 2 * MOST_NODES - 1:
        return _quoted(text)
    composer = _Composer(text)
    try:
        tree = composer.document()
    except MarkedYAMLError as error:
        return Document(None, {}, (_syntax_finding(error, text),))
    except ReaderError as error:
        before = text[: error.position]
        at = Place(before.count("\n") + 1, len(before) - before.rfind("\n"))
        return Document(None, {}, (Finding((), f"{text[error.position]!r} is not allowed in YAML", "", at),))
    except YAMLError as error:
        return Document(None, {}, (Finding((), f"cannot be read as YAML: {error}", "", Place(1, 1)),))
    return Document(tree, composer.places, tuple(composer.findings), composer.values)


def _quoted(text: str) -> Document:
    """A list of words in double quotes: the parser takes 20 µs for each of them to say the same."""
    words = list(_QUOTED.finditer(text))
    places: dict[KeyPath, Place] = {(): Place(1, 1)}
    places |= {(number,): Place(1, word.start() + 1) for number, word in enumerate(words)}
    return Document([word[1] for word in words], places, (), dict(places))


def _syntax_finding(error: MarkedYAMLError, text: str) -> Finding:
    said = " ".join(part for part in (error.context, error.problem) if part)
    began, at = (mark and Place(mark.line + 1, mark.column + 1) for mark in (error.context_mark, error.problem_mark))
    if at is None and began is None:
        return Finding((), f"syntax: {said}", "", Place(1, 1))
    mistake = Mistake(said, text.split("\n"), at or began, began)
    return Finding((), f"syntax: {said}", syntax_hint(mistake), mistake.place)


def _place(event: Event) -> Place:
    return Place(event.start_mark.line + 1, event.start_mark.column + 1)


def _is_plain(event: Event) -> TypeGuard[ScalarEvent]:
    """Whether it is a word without quotes, tag and anchor."""
    return isinstance(event, ScalarEvent) and bool(event.implicit[0]) and event.anchor is None


class _Composer:
    """Turns the parser's events into values, one method per kind of node."""

    def __init__(self, text: str) -> None:
        self.places: dict[KeyPath, Place] = {}
        self.values: dict[KeyPath, Place] = {}
        self.findings: list[Finding] = []
        self._text = text
        self._ahead: deque[Event] = deque()  # looked at, and not yet read
        self._anchors: dict[str, tuple[Any, int]] = {}  # each with its number of nodes
        self._nodes = 0
        self._open_anchors = 0
        self._events: Iterator[Event] = YAML(typ="safe", pure=True).parse(text)

    def _next(self) -> Event:
        return self._ahead.popleft() if self._ahead else next(self._events)

    def document(self) -> Any:
        tree: Any = None
        documents = 0
        for event in self._events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
            elif not isinstance(event, (StreamStartEvent, StreamEndEvent, DocumentEndEvent)):
                value = self._node(event, ())
                if documents == 1:
                    tree = value
                else:
                    self._complain((), event, "a second document; a config is one document")
        return tree

    def _complain(self, path: KeyPath, event: Event, message: str, hint: str = "") -> None:
        self.findings.append(Finding(path, message, hint, _place(event)))

    def _count(self, event: Event, nodes: int = 1) -> None:
        self._nodes += nodes
        if self._nodes > MOST_NODES:
            said = f"more than {MOST_NODES:,} keys and values, aliases written out"
            raise MarkedYAMLError(problem=said, problem_mark=event.start_mark)

    def _node(self, event: Any, path: KeyPath) -> Any:
        self._count(event)
        self.places.setdefault(path, _place(event))
        self.values.setdefault(path, _place(event))
        if isinstance(event, AliasEvent):
            return self._alias(event, path)
        if event.tag is not None:
            self._complain(path, event, f"tag {event.tag} is not used here", "leave the tag out")
        if event.anchor is None:
            return self._content(event, path)
        self._open_anchors += 1
        before = self._nodes
        value = self._content(event, path)
        self._anchors[event.anchor] = (value, self._nodes - before)
        self._open_anchors -= 1
        return value

    def _alias(self, event: AliasEvent, path: KeyPath) -> Any:
        if self._open_anchors:  # copies of copies would grow without bound
            self._complain(path, event, "an alias inside an anchor is not used here", "write it out")
        elif event.anchor not in self._anchors:
            self._complain(path, event, f"there is no anchor &{event.anchor} before this alias")
        else:
            value, nodes = self._anchors[event.anchor]
            self._count(event, nodes)
            return deepcopy(value)
        return None

    def _content(self, event: Event, path: KeyPath) -> Any:
        if len(path) > _TOO_DEEP:
            raise MarkedYAMLError(problem="nested too deeply", problem_mark=event.start_mark)
        if isinstance(event, MappingStartEvent):
            return self._mapping(path, is_flow=bool(event.flow_style))
        if isinstance(event, SequenceStartEvent):
            return self._sequence(path, is_flow=bool(event.flow_style))
        assert isinstance(event, ScalarEvent)
        return plain_value(event.value) if event.implicit[0] else event.value

    def _mapping(self, path: KeyPath, *, is_flow: bool) -> dict[str, Any]:
        values: dict[str, Any] = {}
        while not isinstance(event := self._next(), MappingEndEvent):
            if not isinstance(event, ScalarEvent):
                raise MarkedYAMLError(problem="a key must be a word", problem_mark=event.start_mark)
            self._count(event)
            key = event.value
            if key in values:
                first = self.places[(*path, key)]
                self._complain((*path, key), event, f"duplicate key; it stands in line {first.line} already")
                self._node(self._next(), (*path, key))
            else:
                self.places[(*path, key)] = _place(event)
                value = self._next()
                values[key] = self._node(value, (*path, key))
                if is_flow and _is_plain(value) and is_cut(value.value):
                    values[key] = self._joined(value, (*path, key), self._key_ahead)
        return values

    def _joined(self, event: ScalarEvent, path: KeyPath, ahead: Callable[[], ScalarEvent | None]) -> Any:
        """A value that was cut at its commas, with what its other parts were taken for: `ahead` takes the next."""
        text, key = event.value, f"{path[-1]}: " if isinstance(path[-1], str) else ""
        while is_cut(text) and (part := ahead()) is not None:
            text = " ".join(self._text[event.start_mark.index : part.end_mark.index].split())
        if text == event.value:
            return text
        brackets = "{…}" if key else "[…]"
        said = f"is cut at a comma: inside {brackets} an expression with a comma has to be quoted"
        self._complain(path, event, said, f'write {key}"{text}"')
        return text

    def _key_ahead(self) -> ScalarEvent | None:
        """The next key, where it is but a part of a value: it has no value of its own, or closes what was opened."""
        key = self._next()
        value = self._next() if _is_plain(key) else None
        is_part = _is_plain(key) and value is not None and _is_plain(value) and (not value.value or closes(key.value))
        if is_part and _is_plain(key):
            self._count(key, 2)
            return key
        self._ahead += [each for each in (key, value) if each is not None]
        return None

    def _item_ahead(self) -> ScalarEvent | None:
        """The next item of a list, where it is a word."""
        item = self._next()
        if _is_plain(item):
            self._count(item)
            return item
        self._ahead.append(item)
        return None

    def _sequence(self, path: KeyPath, *, is_flow: bool) -> list[Any]:
        values: list[Any] = []
        while not isinstance(event := self._next(), SequenceEndEvent):
            here = (*path, len(values))
            values.append(self._node(event, here))
            if is_flow and _is_plain(event) and is_cut(event.value):
                values[-1] = self._joined(event, here, self._item_ahead)
        return values
