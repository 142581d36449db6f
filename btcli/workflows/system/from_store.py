"""`btcli init --from-store`: a system for the data that is there, which passes preflight as it is written."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from btcli.config.specs.snapshots import packaged_specs
from btcli.errors import RequestError
from btcli.market.store.reading import StoreReader, open_store
from btcli.market.store.where import Store, Stores
from btcli.workflows.beginning.examples import example_specs
from btcli.workflows.beginning.fits import first_fit
from btcli.workflows.beginning.markets import Market, markets_of, venues_of
from btcli.workflows.beginning.text import Chosen, fitted, unfitted
from btcli.workflows.system.init import system_name

IMPORTING = "bring candles: btcli data import FILE --venue binance --series trade"


def stored_markets(store: Store) -> tuple[Market, ...]:
    """Every symbol of which there are trade candles, those with the most rows first.

    Raises RequestError where there is none.
    """
    if not store.path.is_file():
        raise RequestError("there is no store", where=str(store.path), hint=f"{IMPORTING}{store.options}")
    with open_store(store) as reader:
        found = markets_of(reader.coverage())
    if not found:
        raise RequestError("the store has no trade candles", where=str(store.path), hint=f"{IMPORTING}{store.options}")
    return found


def reason(taken: Sequence[Market], among: Sequence[Market], *, named: bool) -> str:
    """Why these markets were taken, and what else there is."""
    names = _names(taken)
    others = [each for each in among if each not in taken]
    if not others:
        return f"{names} is all that has trade candles." if len(taken) == 1 else f"{names} have trade candles."
    why = "was asked for" if named else "has the most rows of trade candles"
    return f"{names} {why if len(taken) == 1 else 'were asked for'}; there is also {_names(others)}."


def files_from_store(folder: Path, store: Store, taken: Sequence[Market], because: str) -> dict[str, str]:
    """The text of a system for a folder, by the name of its file.

    Raises RequestError where no whole day of what is stored can be run.
    """
    if not set.intersection(*(each.timeframes("trade") for each in taken)):
        hint = "name symbols one at a time, or import candles of one timeframe for all"
        raise RequestError(f"{_names(taken)} have no timeframe in common", where=str(store.path), hint=hint)
    name, command = system_name(folder), running(store, folder)
    with open_store(store) as reader:
        chosen = Chosen(taken, because, str(store.path), store.env, command, _examples(reader, taken))
        fit = first_fit(reader, chosen, lambda lengths: unfitted(name, chosen, lengths))
    if fit is None:
        raise RequestError(
            f"no whole day of {_names(taken)} can be run as it is stored",
            where=str(store.path),
            hint=f"look for holes and at odd rows: btcli data list{store.options}, btcli data verify{store.options}",
        )
    return {"system.yml": fitted(name, chosen, fit.lengths, fit.candidate, fit.window)}


def _examples(reader: StoreReader, taken: Sequence[Market]) -> dict[str, str]:
    """Trading rules for the symbols of which none are packaged, by their last price."""
    packaged = packaged_specs(taken[0].venue)
    return {each.symbol: example_specs(_last_price(reader, each)) for each in taken if each.symbol not in packaged}


def _last_price(reader: StoreReader, market: Market) -> float:
    last = max((each for each in market.series if each.series.kind == "trade"), key=lambda each: each.last_ms)
    close: float = reader.candles(last.series, last.last_ms, last.last_ms + 1)["close"].item()
    return close


def running(store: Store, folder: Path) -> str:
    """The command that runs the system, from where init was called."""
    named = [] if folder.resolve() == Path.cwd() else [str(folder / "system.yml")]
    return shlex.join(["btcli", "run", *named]) + Stores(store.folder).options


def _names(markets: Sequence[Market]) -> str:
    by_venue = {venue: [each.symbol for each in markets if each.venue == venue] for venue in venues_of(markets)}
    return ", ".join(f"{venue} {', '.join(symbols)}" for venue, symbols in by_venue.items())
