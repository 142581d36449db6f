"""What makes two runs the same run: the digest of everything that decides its bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from btcli.digest import digest_of, short
from btcli.exchange.machine.sources import digest_of_sources, sources_below
from btcli.timeframe import utc_text

# Folders whose sources decide what a run writes; the verbs and the screen do not.
ENGINE_FOLDERS = (
    "analysis",
    "artifacts",
    "config",
    "engine",
    "exchange",
    "expressions",
    "features",
    "market",
    "simulation",
    "strategies",
)
ENGINE_MODULES = ("digest.py", "frozen.py", "symbols.py", "timeframe.py")


class SeriesIdentity(NamedTuple):
    """A loaded series: its name, rows, first and last moment (milliseconds, None when empty), content digest."""

    series: str
    rows: int
    first_ms: int | None
    last_ms: int | None
    sha256: str


class StrategyIdentity(NamedTuple):
    """The strategy as it was named, and the digest of every module of the user's that it loaded."""

    name: str
    sha256: str


class Identity(NamedTuple):
    """The inputs of a run, as plain values; equal identities promise equal artifacts."""

    config: Mapping[str, Any]
    start_ms: int
    end_ms: int
    series: Sequence[SeriesIdentity]
    instruments: Mapping[str, str]
    strategy: StrategyIdentity
    rules_version: str
    engine_sha256: str
    formulas: Mapping[str, Sequence[Mapping[str, Any]]]

    def to_dict(self) -> dict[str, Any]:
        """The identity as it stands in the manifest; series in the order of their names."""
        return {
            "config": dict(self.config),
            "window": {"start": utc_text(self.start_ms), "end": utc_text(self.end_ms)},
            "series": [_series_dict(series) for series in sorted(self.series)],
            "instruments": dict(sorted(self.instruments.items())),
            "strategy": self.strategy._asdict(),
            "rules_version": self.rules_version,
            "engine_sha256": self.engine_sha256,
            "formulas": {name: [dict(each) for each in said] for name, said in sorted(self.formulas.items())},
        }

    @property
    def run_id(self) -> str:
        """Twelve hex digits of the digest over `to_dict`."""
        return short(digest_of(self.to_dict()))


def engine_digest(package: Path) -> str:
    """The sha256 over the sources of the package at `package` that decide what a run writes."""
    return digest_of_sources(package, engine_sources(package))


def engine_sources(package: Path) -> list[str]:
    """The sources that `engine_digest` covers."""
    folders = (package / name for name in ENGINE_FOLDERS)
    return [*sources_below(*folders), *(str(package / name) for name in ENGINE_MODULES)]


def _series_dict(series: SeriesIdentity) -> dict[str, Any]:
    moments = (series.first_ms, series.last_ms)
    first, last = (None if moment is None else utc_text(moment) for moment in moments)
    return {"series": series.series, "rows": series.rows, "first": first, "last": last, "sha256": series.sha256}
