"""How the sync tools come by the source of their venue."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from btcli.errors import RequestError
from btcli.frozen import frozen
from btcli.market.series import Series

if TYPE_CHECKING:
    from btcli.sources.source import Source

Notice = Callable[[str], None]  # a sentence for whoever watches
VENUES_WITH_SOURCE = ("bybit", "binance")


@frozen
class VenueAccess:
    """A venue by name, and `open()` which makes a source of it; use it in a `with` block."""

    venue: str
    open: Callable[[], Source]

    def require(self, series: Series) -> None:
        """Raise RequestError for a series of another venue: a heal never mixes venues."""
        if series.venue != self.venue:
            raise RequestError(f"{series} is not of venue {self.venue}", hint="a series is synced from its own venue")


def source_of(venue: str, env: str, notice: Notice | None = None) -> Source:
    """The source of a venue for an environment, as the environment variables have it."""
    from btcli.sources.choosing import source_for

    return source_for(venue, env, progress=notice)
