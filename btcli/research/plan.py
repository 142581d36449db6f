"""What a sweep is: everything that decides its table, as text that another process reads back."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from btcli.artifacts.text import json_bytes, plain
from btcli.config.changing import needs_another_world
from btcli.config.loading import parse_system
from btcli.config.model import System, Window
from btcli.config.other_symbols import named_in
from btcli.digest import as_digested, canonical_json, digest_of, short, with_digest
from btcli.errors import AccessError, Problem
from btcli.frozen import frozen
from btcli.research.axes import Axis, Continuous, Listed, count_of
from btcli.research.space import Space, space_of
from btcli.simulation.parts import History
from btcli.strategies.guarding import home

SCHEMA = 1
MOST_CHUNKS = 3_000
REFUSALS = "refused"
TILE = 32
AGAIN = "remove its folder, and sweep again"
_PLACE = re.compile(r"(.+\.py):(\d+)")
_ADDRESS = re.compile(r"(?<= at )0x[0-9a-fA-F]+")  # of an object that a message names
_FRAME = re.compile(r'File "([^"\n]+)"')


@frozen
class Source:
    """The system file as text, by its name; `sets` are "key=value" as of --set.

    What it names lies beside it, or in another folder that stands for that one: `moved`.
    """

    text: str
    file: str
    sets: tuple[str, ...] = ()
    moved: Path | None = None

    @property
    def folder(self) -> Path:
        """Where names of files count from."""
        return self.moved or Path(self.file).parent

    def system(self, changes: Mapping[str, Any]) -> System:
        """The system with values for dotted keys. Raises ConfigError."""
        return parse_system(self.text, self.file, (*self.sets, *written_sets(changes)), self.folder)

    def told(self, problem: Problem) -> str:
        """A problem of a trial as its row has it, the same wherever the system file lies and whatever its comments.

        A place in the system file is left out: the message begins with the key. Files of code are named from there.
        Of an object the place in memory is left out, which is another in each process.
        """
        where = "" if problem.where.startswith(f"{self.file}:") else problem.where
        place = _PLACE.fullmatch(where)
        if place is not None:
            where = f"{self._from_here(place[1])}:{place[2]}"
        message = _FRAME.sub(lambda found: f'File "{self._from_here(found[1])}"', problem.message)
        return _ADDRESS.sub("0x…", str(replace(problem, where=where, message=message)))

    def _from_here(self, name: str) -> str:
        """A file of code that is named from the working directory, or by its whole path."""
        return os.path.relpath(os.path.join(home(), name), os.path.join(home(), self.folder))  # noqa: PTH118


@frozen
class Asked:
    """What the options of a sweep said."""

    grid: tuple[str, ...]
    draws: int | None = None
    seed: int = 0


@frozen
class Group:
    """Trials over one world: the values that made it another one, and the trials in their order."""

    changes: Mapping[str, Any]
    trials: Sequence[int]


class Needs(NamedTuple):
    """How much history the trials of a group need; a run with `sets`, "key=value" as of --set, needs as much."""

    history: History
    sets: tuple[str, ...]


@frozen
class Plan:
    """A sweep before its first trial, with chunks of `length` trials.

    `worlds` has the identity of each group's inputs, or why its system is none; `code` the digests of what runs it;
    `needs` what was found out of its values: all can be run, and this is what each group needs, None for no system.
    """

    source: Source
    system_name: str
    window_name: str
    window_ms: tuple[int, int]
    asked: Asked
    worlds: tuple[Mapping[str, Any], ...] = ()
    code: Mapping[str, str] = field(default_factory=dict)
    length: int = 0
    sampled: Mapping[str, Any] = field(default_factory=dict)
    needs: tuple[Needs | None, ...] = ()

    @cached_property
    def space(self) -> Space:
        """Its trials."""
        return space_of(self.asked.grid, self.asked.draws, self.asked.seed)

    @property
    def keys(self) -> tuple[str, ...]:
        """What varies."""
        return tuple(axis.key for axis in self.space.axes)

    @property
    def window(self) -> Window:
        """The window as a system has it."""
        return Window.between(*self.window_ms)

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The trials by world, in the order in which they are run."""
        return groups_of(self.space)

    @cached_property
    def order(self) -> Sequence[int]:
        """All trials in the order in which they are run."""
        if len(self.groups) == 1:
            return self.groups[0].trials
        return [trial for group in self.groups for trial in group.trials]

    def refused(self, number: int) -> tuple[str, ...]:
        """Why no trial of a group can be run; empty where they can."""
        return tuple(self.worlds[number].get(REFUSALS, ())) if self.worlds else ()

    @property
    def chunks(self) -> int:
        """How many chunks there are."""
        return -(-self.space.trials // self.length)

    def chunk(self, index: int) -> Sequence[int]:
        """The trials of a chunk in the order in which they are run."""
        return self.order[index * self.length : (index + 1) * self.length]

    @property
    def question(self) -> str:
        """The digest of what was asked, whatever system file, data and code said then."""
        asked = [list(self.asked.grid), self.asked.draws, self.asked.seed]
        return digest_of([asked, list(self.source.sets), self.window_ms])

    @cached_property
    def digest(self) -> str:
        """The digest of everything that decides the table."""
        asked = [list(self.asked.grid), self.asked.draws, self.asked.seed]
        return digest_of([SCHEMA, asked, list(self.worlds), dict(self.code)])

    @property
    def sweep_id(self) -> str:
        """What it goes by."""
        return short(self.digest)

    def beside(self, folder: Path) -> Plan:
        """The same plan with the system's other files in this folder: its own counts from where the sweep was begun."""
        return replace(self, source=replace(self.source, moved=folder))

    @property
    def _system(self) -> dict[str, Any]:
        source = self.source
        return {"name": self.system_name, "file": source.file, "sets": list(source.sets), "text": source.text}

    def to_bytes(self) -> bytes:
        """The plan as it stands in plan.json."""
        said = {
            "schema": SCHEMA,
            "sweep_id": self.sweep_id,
            "question": self.question,
            "trials": self.space.trials,
            "grid": list(self.asked.grid),
            "draws": self.asked.draws,
            "seed": self.asked.seed,
            "window": {"name": self.window_name, "start_ms": self.window_ms[0], "end_ms": self.window_ms[1]},
            "chunk": {"trials": self.length, "chunks": self.chunks, "sampled": dict(self.sampled)},
            "code": dict(self.code),
            "worlds": list(self.worlds),
            "needs": [each and {**each.history._asdict(), "sets": each.sets} for each in self.needs],
            "system": self._system,
        }
        return json_bytes(with_digest(plain(said)))


def plan_of(text: bytes | str, where: str = "plan.json") -> Plan:
    """The plan that `to_bytes` wrote. Raises AccessError for anything else."""
    read = _object(text, where)
    if read.get("schema") != SCHEMA:
        found = f"has schema {read.get('schema')}, this btcli reads {SCHEMA}"
        raise AccessError(found, where=where, hint=f"use the btcli that wrote it, or {AGAIN}")
    said = as_digested(read)
    if said is None:
        raise AccessError("the plan was changed by hand", where=where, hint=f"undo that, or {AGAIN}")
    try:
        system, window, chunk = said["system"], said["window"], said["chunk"]
        return Plan(
            source=Source(system["text"], system["file"], tuple(system["sets"])),
            system_name=system["name"],
            window_name=window["name"],
            window_ms=(window["start_ms"], window["end_ms"]),
            asked=Asked(tuple(said["grid"]), said["draws"], said["seed"]),
            worlds=tuple(said["worlds"]),
            code=said["code"],
            length=chunk["trials"],
            sampled=chunk["sampled"],
            needs=tuple(map(_needs, said.get("needs", ()))),  # an older btcli wrote none
        )
    except (ValueError, KeyError, TypeError):
        raise AccessError("is no plan of a sweep as this btcli writes it", where=where, hint=AGAIN) from None


def _object(text: bytes | str, where: str) -> Mapping[str, Any]:
    """An object of JSON. Raises AccessError for anything else."""
    why = "it holds no object"
    try:
        if isinstance(read := json.loads(text), dict):
            return read
    except json.JSONDecodeError as error:
        why = f"it is no JSON from line {error.lineno}, column {error.colno} on"
    except (UnicodeDecodeError, RecursionError):
        why = "it is no JSON"
    raise AccessError(f"is no plan of a sweep: {why}", where=where, hint=f"put the plan back, or {AGAIN}")


def _needs(said: Mapping[str, Any] | None) -> Needs | None:
    return None if said is None else Needs(History(said["bars"], said["asked_by"]), tuple(said["sets"]))


def groups_of(space: Space) -> tuple[Group, ...]:
    """The trials of a space by world, in the order in which the axes come to the worlds."""
    turning = [number for number, axis in enumerate(space.axes) if turns_world(axis)]
    if not turning:
        return (Group({}, _in_tiles(space)),)
    by_world: dict[tuple[int, ...], list[int]] = {}
    for trial in range(1, space.trials + 1):
        places = space.places(trial)
        by_world.setdefault(tuple(places[number] or 0 for number in turning), []).append(trial)
    axes = [space.axes[number] for number in turning]
    return tuple(Group(_changes(axes, places), trials) for places, trials in sorted(by_world.items()))


def _in_tiles(space: Space) -> Sequence[int]:
    """All trials, those of a grid by tiles of TILE values of its last axis.

    Columns of a tile are used by every value of the axis before, while they are still held.
    """
    counts = [count_of(axis.values) or 0 for axis in space.axes]
    if space.draws is not None or len(counts) < 2 or counts[-1] <= TILE:
        return range(1, space.trials + 1)
    places = np.arange(space.trials)
    last, before = places % counts[-1], places // counts[-1]
    tiles = np.lexsort((last % TILE, before % counts[-2], last // TILE, before // counts[-2]))
    order: list[int] = (tiles + 1).tolist()
    return order


def turns_world(axis: Axis) -> bool:
    """Whether trials that differ in this key stand on different worlds.

    Of other warm-ups other history is loaded, and of rules that name other symbols the candles of these.
    """
    return needs_another_world(axis.key) or axis.path[0] == "warmup" or _names_symbols(axis)


def _names_symbols(axis: Axis) -> bool:
    if axis.path[0] != "strategy" or isinstance(axis.values, Continuous):
        return False
    values = axis.values.values if isinstance(axis.values, Listed) else (axis.values.before or "", axis.values.after)
    return any(True for value in values for _ in named_in(canonical_json(value).decode()))


def _changes(axes: Sequence[Axis], places: Sequence[int]) -> dict[str, Any]:
    return {axis.key: axis.values[place] for axis, place in zip(axes, places, strict=True)}  # type: ignore[index]


def written_sets(changes: Mapping[str, Any]) -> tuple[str, ...]:
    """Values for dotted keys as --set takes them."""
    return tuple(f"{key}={canonical_json(value).decode()}" for key, value in changes.items())
