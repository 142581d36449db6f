"""Before anything inside a sealed window is read: who is asked, and what is on record ever after."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from btcli.clock import now_text
from btcli.config.model import System
from btcli.errors import RequestError
from btcli.market.window import LoadWindow
from btcli.registry.records import Registry, Seal, Span, Tried, read_registry
from btcli.registry.seals import Consent, asked_for, inside, opened, remembered
from btcli.registry.where import RUNS, registries_around, registry_of
from btcli.timeframe import utc_text

if TYPE_CHECKING:
    from btcli.artifacts.manifest import Inputs, RunManifest

UNSEAL = "--unseal"


def remember_seals(systems: Iterable[System], around: Sequence[Path], runs: Path = RUNS) -> Registry:
    """The registry, which knows from now on what systems, and the projects that folders lie in, have sealed.

    Raises AccessError.
    """
    own = read_registry(registry_of(runs))
    sealed = (span for system in systems for span in sealed_by(system))
    return remembered(own, (*_closed_around(around, own), *sealed), now_text())


def _closed_around(folders: Sequence[Path], own: Registry) -> Iterator[Span]:
    """What is sealed, and not opened, in the projects that folders lie in. Raises AccessError."""
    for path in registries_around(RUNS, folders):
        registry = own if path == own.path else read_registry(path)
        yield from (seal.span for seal in registry.seals if registry.opened(seal) is None)


def unseen_elsewhere(registry: Registry, seals: Sequence[Seal], folders: Sequence[Path]) -> tuple[Tried, ...]:
    """What was come to in the projects that folders lie in before any of these seals was known there or here.

    Raises AccessError.
    """
    if not seals:
        return ()
    first = min(seal.at for seal in seals)
    others = (read_registry(path) for path in registries_around(RUNS, folders) if path != registry.path)
    return tuple(each for other in others for each in other.tried if not each.after_reveal and each.at < first)


def sealed_by(system: System) -> Iterator[Span]:
    """The sealed windows of a system, for each symbol that it trades or looks at."""
    symbols = (*system.symbols, *system.observed)
    for window in system.windows.values():
        if window.sealed:
            yield from (Span(system.venue, symbol, window.start_ms, window.end_ms) for symbol in symbols)


def spans_loaded(spans: LoadWindow) -> tuple[Span, ...]:
    """What a run would load, warm-up included."""
    loaded = ((span.series, span.load_start_ms, span.load_end_ms) for span in spans.series)
    return tuple(dict.fromkeys(Span(series.venue, series.symbol, start, end) for series, start, end in loaded))


def spans_of_run(inputs: Inputs) -> tuple[Span, ...]:
    """What a recorded run was made of, and its window."""
    config, window = inputs.config, inputs.window
    spans = [Span(config["venue"], symbol, window.start_ms, window.end_ms) for symbol in config["symbols"]]
    for each in inputs.series:
        if each.first_ms is not None and each.last_ms is not None:
            venue, symbol = each.series.split()[:2]
            spans.append(Span(venue, symbol, each.first_ms, each.last_ms + 1))
    return tuple(dict.fromkeys(spans))


def open_for(registry: Registry, spans: Iterable[Span], by: str, consent: Consent) -> None:
    """Every seal inside these spans has been opened then.

    Raises what `consent` raises for a no, AccessError where the opening cannot be recorded.
    """
    opened(registry, asked_for(registry, spans, consent), by, now_text())


def open_for_runs(folders: Sequence[Path], runs: Path, consent: Consent) -> None:
    """The same for what recorded runs were made of; raises RequestError or AccessError for one that cannot be read."""
    guarding = guards(runs, folders)
    if not guarding:
        return
    from btcli.artifacts.manifest import read_manifest

    manifests = [read_manifest(folder) for folder in folders]
    spans = [span for each in manifests for span in spans_of_run(each.inputs)]
    for registry in guarding:
        open_for(registry, spans, " and ".join(f"run {each.run_id}" for each in manifests), consent)


def guards(runs: Path, folders: Sequence[Path]) -> tuple[Registry, ...]:
    """The registries that hold seals of what lies in folders. Raises AccessError."""
    registries = map(read_registry, registries_around(runs, folders))
    return tuple(registry for registry in registries if registry.seals)


def is_closed(guarding: Iterable[Registry], manifest: RunManifest) -> bool:
    """Whether a recorded run lies inside a seal that nobody has opened."""
    spans = spans_of_run(manifest.inputs)
    return any(registry.opened(seal) is None for registry in guarding for seal in inside(registry, spans))


def refusing(seals: Sequence[Seal]) -> None:
    """The consent of a caller who can ask nobody: raises RequestError that names the option."""
    raise RequestError(f"{sealed_said(seals)}; nothing was read", hint="open it, for good, with", adds=UNSEAL)


def agreeing(seals: Sequence[Seal]) -> None:
    """The consent of somebody who has agreed already."""


def asked_by(ask: Callable[[str], None]) -> Consent:
    """The consent of somebody who is asked a question, and who raises for a no."""
    return lambda seals: ask(f"{sealed_said(seals)}. Open it, for good?")


def sealed_said(seals: Sequence[Seal]) -> str:
    """Which spans are sealed."""
    spans = dict.fromkeys((each.span.start_ms, each.span.end_ms) for each in seals)
    said = ", ".join(f"{utc_text(start)[:16]} to {utc_text(end)[:16]}" for start, end in spans)
    symbols = ", ".join(dict.fromkeys(f"{each.span.venue} {each.span.symbol}" for each in seals))
    return f"{symbols}, {said.replace('T', ' ')}, is sealed"
