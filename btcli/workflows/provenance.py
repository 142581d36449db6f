"""Who wrote which part of a series, when, and from what."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from btcli.digest import digest_of
from btcli.frozen import frozen
from btcli.market.store.reading import SyncEntry
from btcli.timeframe import utc_text

_PAGES = re.compile(r" \(\d+ pages\)$")


@frozen
class Origin:
    """Neighbouring writes of one tool from one source, taken together; `digests` are those of what was received."""

    tool: str
    source: str
    start_ms: int
    end_ms: int
    rows: int
    last_at_ms: int
    digests: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """As a manifest holds it; of several digests their digest."""
        digest = self.digests[0] if len(self.digests) == 1 else digest_of(list(self.digests))
        return {
            "tool": self.tool,
            "source": self.source,
            "start": utc_text(self.start_ms),
            "end": utc_text(self.end_ms),
            "rows": self.rows,
            "at": utc_text(self.last_at_ms),
            "sha256": digest,
        }


def origins(log: Sequence[SyncEntry]) -> tuple[Origin, ...]:
    """The writes of one series, ascending in time; those that touch and have one tool and source are one."""
    joined: list[Origin] = []
    for entry in sorted(log, key=lambda entry: (entry.start_ms, entry.entry)):
        if not entry.rows_new + entry.rows_changed + entry.rows_same:
            continue
        source = _PAGES.sub("", entry.source)
        last = joined[-1] if joined else None
        if last is None or (last.tool, last.source) != (entry.tool, source):
            joined.append(Origin(entry.tool, source, *_extent(entry), entry.at_ms, (entry.source_digest,)))
            continue
        joined[-1] = Origin(
            entry.tool,
            source,
            last.start_ms,
            max(last.end_ms, entry.end_ms),
            last.rows + entry.rows_new + entry.rows_changed,
            max(last.last_at_ms, entry.at_ms),
            (*last.digests, entry.source_digest),
        )
    return tuple(joined)


def _extent(entry: SyncEntry) -> tuple[int, int, int]:
    return entry.start_ms, entry.end_ms, entry.rows_new + entry.rows_changed
