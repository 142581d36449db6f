"""The trials of a sweep in the registry: every chunk is counted once it is kept, and once only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from btcli.registry.counting import Counting
from btcli.registry.records import Registry, Tried
from btcli.registry.tries import Chunk, Tested, count_chunks
from btcli.research.plan import REFUSALS, Plan
from btcli.research.rows import Outcome
from btcli.research.table import select
from btcli.timeframe import utc_ms

if TYPE_CHECKING:
    from btcli.artifacts.manifest import Inputs

NOTHING: Mapping[int, Outcome] = {}


class CountedChunks:
    """Counts the chunks of a sweep; `of` says then what the registry knows of it."""

    def __init__(self, registry: Registry, elsewhere: Sequence[Tried] = (), *, reads_sealed: bool) -> None:
        self._registry, self._elsewhere, self._reads_sealed = registry, elsewhere, reads_sealed
        self._known = {each.by for each in registry.tried}

    def __call__(self, plan: Plan, chunks: Mapping[int, Path], known: Mapping[int, Outcome] = NOTHING) -> None:
        """Put these chunks, by their index, into the registry; of `known` trials it is known what they came to.

        Raises AccessError when it cannot be written.
        """
        files = {index: file for index, file in chunks.items() if not _is_known(plan, index, self._known)}
        new = [_chunk(plan, index, _results(plan.chunk(index), file, known)) for index, file in files.items()]
        seen, elsewhere = self._reads_sealed, self._elsewhere
        tried = count_chunks(self._registry, self._known, new, reads_sealed=seen, elsewhere=elsewhere)
        self._registry = replace(self._registry, tried=(*self._registry.tried, *tried))
        self._known.update(each.by for each in tried)

    def of(self, plan: Plan) -> OnData:
        """What is on the data of a sweep, its own results among it."""
        return on_data(self._registry, plan)


class OnData(NamedTuple):
    """How many distinct results there are on the data of a sweep; whether any of its own came after a reveal."""

    results: int
    after_reveal: bool


def on_data(registry: Registry, plan: Plan) -> OnData:
    """What a registry says of a sweep; nothing where it does not know it."""
    name = sweep_name(plan)
    mine = [each for each in registry.tried if each.by.startswith(f"{name} ") and each.results]
    return OnData(Counting(registry).on_data_of(mine), any(each.after_reveal for each in mine))


def sweep_name(plan: Plan) -> str:
    """What the registry calls a sweep."""
    return f"sweep {plan.sweep_id}"


def inputs_of(plan: Plan) -> tuple[Inputs, ...]:
    """What every world of a sweep that can be run is made of."""
    from btcli.artifacts.manifest import Inputs

    return tuple(Inputs.model_validate(world) for world in plan.worlds if REFUSALS not in world)


def _is_known(plan: Plan, index: int, known: set[str]) -> bool:
    """Whether all of a chunk is there; of one of several worlds each has a line, and some may not be.

    A world of which no trial has a result has none: such a chunk is looked at again.
    """
    name, parts = _name(plan, index), 0
    while f"{name} part {parts}" in known:
        parts += 1
    return name in known or 0 < parts == sum(1 for _ in _shares(plan, index))


def _name(plan: Plan, index: int) -> str:
    """By its places in the order of trials: a folder that is made anew may have chunks of another length."""
    first = index * plan.length
    return f"{sweep_name(plan)} trials {first + 1}-{min(first + plan.length, plan.space.trials)}"


def _results(trials: Sequence[int], file: Path, known: Mapping[int, Outcome]) -> dict[int, str | None]:
    """What the trials of a chunk came to, None where they have no result; its file is read where it is not known."""
    if all(trial in known for trial in trials):
        return {trial: known[trial].result or None for trial in trials}
    return {row["trial"]: row["result"] for row in select([file], "SELECT trial, result FROM trials")}


def _chunk(plan: Plan, index: int, results: Mapping[int, str | None]) -> Chunk:
    """The results of a chunk, by world, in the order of the trials."""
    worlds: list[tuple[Tested, list[str]]] = []
    for number, trials in _shares(plan, index):
        mine = [result for trial in sorted(trials) if (result := results[trial]) is not None]
        if mine:
            worlds.append((_tested_in(plan.worlds[number]), mine))
    return Chunk(_name(plan, index), worlds)


def _tested_in(world: Mapping[str, Any]) -> Tested:
    config, window = world["config"], world["window"]
    return Tested(config["venue"], tuple(config["symbols"]), utc_ms(window["start"]), utc_ms(window["end"]))


def _shares(plan: Plan, index: int) -> Iterator[tuple[int, Sequence[int]]]:
    """The worlds of a chunk by number, with their trials in it: a chunk runs over one world after the other."""
    first, end = index * plan.length, (index + 1) * plan.length
    for number, group in enumerate(plan.groups):
        trials = group.trials[max(first, 0) : max(end, 0)]
        if trials:
            yield number, trials
        first, end = first - len(group.trials), end - len(group.trials)
