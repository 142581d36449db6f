"""Counting what was tried: every distinct result that somebody asked for, on the data that it is of."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from btcli.clock import now_text
from btcli.errors import AccessError
from btcli.registry.counting import Count, Counting, tried_by, was_known_unseen
from btcli.registry.records import RESULT_DIGITS, Registry, Tried, add_to, read_registry
from btcli.registry.where import registry_of

if TYPE_CHECKING:
    from btcli.artifacts.manifest import Inputs, RunManifest


class Tested(NamedTuple):
    """The market that results are of, and the window [start_ms, end_ms)."""

    venue: str
    symbols: tuple[str, ...]
    start_ms: int
    end_ms: int


class Chunk(NamedTuple):
    """A part of a sweep: what the registry calls it, and of each world of its trials the results."""

    name: str
    results: Sequence[tuple[Tested, Sequence[str]]]


def counted(runs: Path, inputs: Inputs, by: str, results: Sequence[str], *, after_reveal: bool) -> Count | None:
    """Put results into the registry, where they are not there yet, and say how many there are on this data.

    `by` names what was asked for, as "run 0123456789ab". Raises AccessError when the registry cannot be written.
    """
    registry = read_registry(registry_of(runs))
    tried = replace(_tried(_tested_in(inputs), by, results), after_reveal=after_reveal)
    if not results:
        return None
    known = tried_by(registry, by)
    if known is None or replace(known, at=tried.at) != tried:
        add_to(registry.path, [tried])
        registry = replace(registry, tried=(*registry.tried, tried))
    return Counting(registry).of(tried)


def count_chunks(
    registry: Registry,
    known: Container[str],
    chunks: Iterable[Chunk],
    *,
    reads_sealed: bool,
    elsewhere: Sequence[Tried] = (),
) -> tuple[Tried, ...]:
    """Put chunks of a sweep into the registry, without what it has by name, `known`; what is put there.

    A chunk that is run again is the one that it was; what it came to may be known unseen `elsewhere`.
    Raises AccessError when the registry cannot be written.
    """
    new = tuple(
        _marked(registry, _tried(tested, name, results), elsewhere, reads_sealed=reads_sealed)
        for chunk in chunks
        for name, tested, results in _named(chunk)
        if name not in known
    )
    add_to(registry.path, new)
    return new


def is_new_after_reveal(
    registry: Registry, manifest: RunManifest, result: str, elsewhere: Sequence[Tried] = ()
) -> bool:
    """Whether a run that read what had been sealed has come to a result that was not known before the seal."""
    tried = _tried(_tested_in(manifest.inputs), run_name(manifest), [result])
    return _marked(registry, tried, elsewhere, reads_sealed=True).after_reveal


def _marked(registry: Registry, tried: Tried, elsewhere: Sequence[Tried], *, reads_sealed: bool) -> Tried:
    return replace(tried, after_reveal=reads_sealed and not was_known_unseen(registry, tried, elsewhere))


def _named(chunk: Chunk) -> Iterator[tuple[str, Tested, Sequence[str]]]:
    """A line for each of the worlds of a chunk."""
    for number, (tested, results) in enumerate(chunk.results):
        more = f" part {number}" if len(chunk.results) > 1 else ""
        yield f"{chunk.name}{more}", tested, results


def run_name(manifest: RunManifest) -> str:
    """What the registry calls a run."""
    return f"run {manifest.run_id}"


def counts_known(registry: Registry, manifests: Sequence[RunManifest]) -> dict[str, Count]:
    """The same of runs that were made before, by id; without those that this registry does not know."""
    counting, found = Counting(registry), {}
    tried = {each.by: each for each in registry.tried}
    for manifest in manifests:
        known = tried.get(run_name(manifest))
        if known is not None and (count := counting.of(known)) is not None:
            found[manifest.run_id] = count
    return found


def count_if_any(runs: Path, manifest: RunManifest) -> tuple[Count | None, tuple[str, ...]]:
    """The same of one run for whoever only looks, with what is wrong with the registry."""
    registry, warnings = registry_if_any(runs)
    return counts_known(registry, [manifest]).get(manifest.run_id), warnings


def registry_if_any(runs: Path) -> tuple[Registry, tuple[str, ...]]:
    """The registry, an empty one where it cannot be read, and what is wrong with it."""
    path = registry_of(runs)
    try:
        registry = read_registry(path)
    except AccessError as error:
        return Registry(path), (f"trials are not counted: {error}",)
    return registry, damage_said(registry)


def damage_said(registry: Registry) -> tuple[str, ...]:
    """A sentence where lines of the registry say nothing."""
    if not registry.damaged:
        return ()
    first, more = registry.damaged[0], len(registry.damaged) - 1
    also = f" and {more} more" if more else ""
    return (f"a line of the registry of trials says nothing and does not count: {first}{also}",)


def _tested_in(inputs: Inputs) -> Tested:
    config, window = inputs.config, inputs.window
    return Tested(config["venue"], tuple(config["symbols"]), window.start_ms, window.end_ms)


def _tried(tested: Tested, by: str, results: Sequence[str]) -> Tried:
    return Tried(*tested, by, tuple(result[:RESULT_DIGITS] for result in results), at=now_text())
