"""The trials of a sweep in the registry: every chunk is counted once it is kept, and once only."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from btcli.artifacts.manifest import Inputs
from btcli.registry.counting import Counting
from btcli.registry.records import Registry
from btcli.registry.tries import Chunk, count_chunks
from btcli.research.plan import REFUSALS, Plan


class CountedChunks:
    """Counts the chunks of a sweep; `of` says how many results there are on its data then."""

    def __init__(self, registry: Registry, *, after_reveal: bool) -> None:
        self._registry, self._after_reveal = registry, after_reveal

    def __call__(self, plan: Plan, chunks: Mapping[int, Path]) -> None:
        """Put these chunks, by their index, into the registry. Raises AccessError when it cannot be written."""
        known = {each.by for each in self._registry.tried}
        new = [_chunk(plan, index, path) for index, path in chunks.items() if not _is_known(plan, index, known)]
        self._registry = count_chunks(self._registry, new, after_reveal=self._after_reveal)

    def of(self, plan: Plan) -> int:
        """How many distinct results there are on the data of a sweep, its own among them; 0 where it has none."""
        name = sweep_name(plan)
        mine = [each for each in self._registry.tried if each.by.startswith(f"{name} ") and each.results]
        counts = [Counting(self._registry).of(each) for each in mine[-1:]]
        return max((count.of for count in counts if count is not None), default=0)


def sweep_name(plan: Plan) -> str:
    """What the registry calls a sweep."""
    return f"sweep {plan.sweep_id}"


def inputs_of(plan: Plan) -> tuple[Inputs, ...]:
    """What every world of a sweep that can be run is made of."""
    return tuple(Inputs.model_validate(world) for world in plan.worlds if REFUSALS not in world)


def _is_known(plan: Plan, index: int, known: set[str]) -> bool:
    name = _name(plan, index)
    return name in known or f"{name} part 0" in known


def _name(plan: Plan, index: int) -> str:
    return f"{sweep_name(plan)} chunk {index}"


def _chunk(plan: Plan, index: int, path: Path) -> Chunk:
    """The results of a chunk, by world, in the order of the trials."""
    import polars as pl  # which what goes before need not wait for

    rows = pl.read_parquet(path, columns=["trial", "result"])
    results: dict[int, str | None] = dict(rows.iter_rows())
    found: list[tuple[Inputs, list[str]]] = []
    for group, world in zip(plan.groups, plan.worlds, strict=True):
        mine = [result for trial in _in_both(group.trials, results) if (result := results[trial]) is not None]
        if mine:
            found.append((Inputs.model_validate(world), mine))
    return Chunk(_name(plan, index), found)


def _in_both(trials: Any, results: Mapping[int, object]) -> list[int]:
    """The trials of a chunk that are of a group; a group may be a range of a million."""
    if isinstance(trials, range):
        return [trial for trial in sorted(results) if trial in trials]
    of_group = set(trials)
    return [trial for trial in sorted(results) if trial in of_group]
