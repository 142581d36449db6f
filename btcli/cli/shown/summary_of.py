"""What a run's summary is drawn from: nothing here draws, so that an answer for machines loads nothing that does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from btcli.artifacts.manifest import RunManifest
    from btcli.cli.edge.tables import Pair


class SummaryOf(NamedTuple):
    """A run to be shown: `outline` are points of its equity, USDT; `also` is known of this process alone."""

    folder: Path
    manifest: RunManifest
    metrics: Mapping[str, Any]
    outline: Sequence[float] = ()
    also: Sequence[Pair] = ()
    rules: Mapping[str, Any] = MappingProxyType({})  # by symbol, of a run by rules
