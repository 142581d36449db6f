"""How many results there are on a run's data: what one result is worth hangs on how many were looked at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from btcli.artifacts.manifest import RunManifest
    from btcli.cli.edge.tables import Pair
    from btcli.registry.counting import Count


def count_lines(count: Count | None, manifest: RunManifest) -> Iterator[Pair]:
    """The line of a summary; none for a run that the registry does not know."""
    if count is not None:
        seen = ", [yellow]after the reveal of a sealed window[/]" if _is_after_reveal(manifest) else ""
        yield "Trials", f"{said_of_count(count)}{seen}"
    elif _is_after_reveal(manifest):
        yield "Trials", "[yellow]after the reveal of a sealed window[/]"


def said_of_count(count: Count) -> str:
    """The same in a few words."""
    return f"run {count.place:,} of {count.of:,} on this data"


def count_row(count: Count | None) -> dict[str, Any] | None:
    """The same for machines."""
    return None if count is None else count._asdict()


def _is_after_reveal(manifest: RunManifest) -> bool:
    from btcli.registry.records import AFTER_REVEAL

    return manifest.environment.get(AFTER_REVEAL) is True
