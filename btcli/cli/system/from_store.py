"""`btcli init --from-store`: which of the stored markets is meant."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from btcli.cli.edge import values
from btcli.cli.edge.options import (
    LOCK_WAIT_S,
    STORE,
    EnvOption,
    LockWaitOption,
    StoreOption,
)
from btcli.errors import RequestError
from btcli.frozen import frozen
from btcli.market.store.where import ENV, Store

if TYPE_CHECKING:
    from btcli.workflows.beginning.markets import Market


@frozen
class FromStore:
    """Whether a system is written for a store, for which one, and for which of its markets."""

    from_store: Annotated[
        bool, typer.Option("--from-store", help="Write a system for the candles that are stored.")
    ] = False
    venue: Annotated[
        str | None,
        typer.Option(help="Of --from-store: whose candles.", autocompletion=values.some(*values.VENUES)),
    ] = None
    symbol: Annotated[
        list[str] | None,
        typer.Option(help="Of --from-store: which symbol; may be given again.", autocompletion=values.stored_symbols),
    ] = None
    env: EnvOption = ENV
    data: StoreOption = STORE
    lock_wait: LockWaitOption = LOCK_WAIT_S

    @property
    def store(self) -> Store:
        """The store that is meant."""
        return Store(self.data, self.env, self.lock_wait)

    def refuse_without(self) -> None:
        """Raise RequestError where a word was said that counts for --from-store alone."""
        said = {"--venue": self.venue, "--symbol": self.symbol, "--env": self.env if self.env != ENV else None}
        for option, value in said.items():
            if value:
                raise RequestError("chooses from a store", where=option, hint="add --from-store")


def markets_meant(found: Sequence[Market], words: FromStore, *, quiet: bool) -> tuple[tuple[Market, ...], str]:
    """The markets that are named, else those that somebody says when asked, else that with the most rows; and why."""
    from btcli.workflows.beginning.markets import of_symbols, of_venue, venues_of
    from btcli.workflows.system.from_store import reason

    asks = not quiet and sys.stdin.isatty()
    venue, symbols = words.venue, list(words.symbol or ())
    there = found if not symbols else [each for each in found if each.symbol in symbols] or found
    venues = venues_of(there)
    if venue is None and asks and len(venues) > 1:
        venue = _asked("Which venue?", venues)
    of_one = of_venue(there if venue in (None, *venues) else found, venue)
    if not symbols and asks and len(of_one) > 1:
        symbols = _asked("Which symbols?", [each.symbol for each in of_one]).replace(",", " ").split()
    return (taken := of_symbols(of_one, symbols)), reason(taken, found, named=bool(symbols or venue))


def _asked(question: str, offered: Sequence[str]) -> str:
    """What somebody says, who is shown what there is; the first of it when they only press Enter."""
    said: str = typer.prompt(f"{question} There is {', '.join(offered)}", default=offered[0], err=True)
    return said
