"""The identity of a run, gathered from its parts."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import btcli
from btcli.artifacts.identity import Identity, SeriesIdentity, StrategyIdentity, engine_digest
from btcli.config.resolved import identity
from btcli.digest import digest_of
from btcli.exchange import RULES_VERSION
from btcli.market.loader import RunInputs, SeriesDigest
from btcli.simulation.parts import Prepared
from btcli.simulation.specs_used import formulas_used

PACKAGE = Path(btcli.__file__).resolve().parent


def identity_of(parts: Prepared, inputs: RunInputs) -> Identity:
    """Everything that decides the run's bytes; the strategy of a pack and of a project count alike."""
    return Identity(
        config=identity(parts.system),
        start_ms=parts.window.start_ms,
        end_ms=parts.window.end_ms,
        series=[series_identity(digest) for digest in inputs.digests],
        instruments={symbol: specs.digest for symbol, specs in parts.instruments.items()},
        strategy=StrategyIdentity(parts.system.strategy.name, sources_digest(parts)),
        rules_version=str(RULES_VERSION),
        engine_sha256=own_engine_digest(),
        formulas=formulas_used(parts.system, parts.window),
    )


@lru_cache(1)
def own_engine_digest() -> str:
    """That of the engine that runs: what is written over its files meanwhile is not what was loaded."""
    return engine_digest(PACKAGE)


def sources_digest(parts: Prepared) -> str:
    """Of the one strategy of all symbols, or of it and those that single symbols have; and of functions of features."""
    digest = parts.strategy.source_digest
    if parts.own:
        own = {symbol: each.strategy.source_digest for symbol, each in parts.own.items()}
        digest = digest_of([digest, own])
    if parts.functions.sources:
        digest = digest_of([digest, {place: source.digest for place, source in parts.functions.sources.items()}])
    return digest


def series_identity(digest: SeriesDigest) -> SeriesIdentity:
    """A loaded series as the manifest names it."""
    return SeriesIdentity(str(digest.series), digest.rows, digest.first_ms, digest.last_ms, digest.sha256)
