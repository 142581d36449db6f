"""What the numbers of a file mean, where it does not say so itself: options of an import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from btcli.frozen import frozen

if TYPE_CHECKING:
    from btcli.market.importing.said import Said


@frozen
class Meaning:
    """The stamp, the clock, the units and the names, as they were said."""

    stamp: Annotated[str | None, typer.Option(help="What the times are of their candles: open or close.")] = None
    utc_offset: Annotated[
        str | None, typer.Option(metavar="+H", help="How far the times' clock is ahead of UTC, as +3 or -5:30.")
    ] = None
    volume_in: Annotated[
        str | None,
        typer.Option(metavar="UNIT", help="What volume counts: coins, quote, or contracts:0.01."),
    ] = None
    rate_in: Annotated[str | None, typer.Option(help="What funding rates are: fraction or percent.")] = None
    time_format: Annotated[
        str | None, typer.Option(metavar="FORM", help="How times are written, as '%d.%m.%Y %H:%M'.")
    ] = None
    as_named: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Take the file though it has this NAME for what is asked; may be repeated."),
    ] = None

    def said(self) -> Said:
        """The same for whoever reads the file."""
        from btcli.market.importing.said import Said

        names = tuple(self.as_named or ())
        return Said(self.stamp, self.utc_offset, self.volume_in, self.rate_in, self.time_format, names)
