"""Spans that are sealed: whoever reads inside is asked first, and what is made of it says so ever after."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from btcli.registry.records import Opening, Registry, Seal, Span, add_to

Consent = Callable[[Sequence[Seal]], None]  # raises for a no


class Asked(NamedTuple):
    """The seals inside what is about to be read, all of which may be opened, and those that are closed still."""

    inside: tuple[Seal, ...]
    closed: tuple[Seal, ...]


def remembered(registry: Registry, sealed: Iterable[Span], at: str) -> Registry:
    """The registry with seals that it did not know, which are in its file then. Raises AccessError."""
    known = {seal.span for seal in registry.seals}
    new = [Seal(span, at) for span in dict.fromkeys(sealed) if span not in known]
    if not new:
        return registry
    add_to(registry.path, new)
    return Registry(registry.path, registry.tried, (*registry.seals, *new), registry.openings, registry.damaged)


def inside(registry: Registry, spans: Iterable[Span]) -> tuple[Seal, ...]:
    """The seals that hold a moment of these spans, open or not."""
    wanted = tuple(spans)
    return tuple(seal for seal in registry.seals if any(seal.span.meets(span) for span in wanted))


def asked_for(registry: Registry, spans: Iterable[Span], consent: Consent) -> Asked:
    """Ask for every seal inside these spans that is still closed; raises what `consent` raises for a no."""
    found = inside(registry, spans)
    closed = tuple(seal for seal in found if registry.opened(seal) is None)
    if closed:
        consent(closed)
    return Asked(found, closed)


def opened(registry: Registry, asked: Asked, by: str, at: str) -> None:
    """Record that seals were opened, and by what; raises AccessError where it cannot be recorded."""
    add_to(registry.path, [Opening(seal.span, by, at) for seal in asked.closed])
