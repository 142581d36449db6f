"""Options that several verbs share, spelled and explained once."""

from __future__ import annotations

from math import nan
from pathlib import Path
from typing import Annotated

import typer

from btcli.cli.edge import values
from btcli.errors import RequestError
from btcli.frozen import frozen
from btcli.market.store.where import ENV, FOLDER, PATIENCE_S, Store, Stores
from btcli.registry import where

LONGEST_WAIT_S = 86_400.0


def read_seconds(written: str | float) -> float:
    """A number of seconds from 0 to a day; raises RequestError for anything else, infinity and NaN included."""
    try:
        value = float(written)
    except ValueError:
        value = nan
    if not 0.0 <= value <= LONGEST_WAIT_S:
        raise RequestError(
            f"{written!r} is no number of seconds", where="--lock-wait", hint=f"a number from 0 to {LONGEST_WAIT_S:.0f}"
        )
    return value


SystemArgument = Annotated[
    Path | None,
    typer.Argument(
        metavar="SYSTEM",
        help="The system file; default: system.yml here, else those in configs/.",
        show_default=False,
    ),
]
RunArgument = Annotated[
    str,
    typer.Argument(
        metavar="RUN", help="A run's folder, its id, a unique prefix, or latest.", autocompletion=values.runs
    ),
]
WindowOption = Annotated[
    str | None,
    typer.Option("--window", "-w", help="A window of the system.", show_default=False, autocompletion=values.windows),
]
StartOption = Annotated[
    str | None, typer.Option(help="First moment (UTC), instead of a window, as 2024-01-31 or 2024-01-31T12:00.")
]
EndOption = Annotated[str | None, typer.Option(help="Last day, or the moment (UTC) up to which.")]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Override one value of the system file.",
        autocompletion=values.settings,
    ),
]
StoreOption = Annotated[Path, typer.Option("--data", envvar="BTCLI_DATA", help="The folder of the store.")]
LockWaitOption = Annotated[
    float,
    typer.Option(
        "--lock-wait",
        metavar="SECONDS",
        parser=read_seconds,
        help="How long to wait for a store that another process holds.",
    ),
]
OutOption = Annotated[Path, typer.Option("--out", help="The folder of runs.")]
HealOption = Annotated[bool, typer.Option("--heal", help="Repair what is missing, then check again.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before many requests.")]
UnsealOption = Annotated[bool, typer.Option("--unseal", help="Open a sealed window, for good, without being asked.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Answer with one JSON object on stdout.")]
FullOption = Annotated[bool, typer.Option("--full", help="Every line of the summary, not one screen.")]
EnvOption = Annotated[str, typer.Option(help="Which store: live or demo.", autocompletion=values.some(*values.ENVS))]
VenueOption = Annotated[str, typer.Option(help="bybit, binance or sample.", autocompletion=values.some(*values.VENUES))]
SymbolOption = Annotated[str, typer.Option(help="Such as BTCUSDT.", autocompletion=values.stored_symbols)]
SeriesOption = Annotated[
    str, typer.Option("--series", help="trade, mark or funding.", autocompletion=values.some(*values.SERIES))
]
TimeframeOption = Annotated[
    str | None, typer.Option(help="Such as 5m; funding has none.", autocompletion=values.some(*values.TIMEFRAMES))
]
FromOption = Annotated[str | None, typer.Option("--start", help="From this moment (UTC) on; default the first.")]
UntilOption = Annotated[str | None, typer.Option("--end", help="Up to this day or moment (UTC); default the last.")]

STORE, RUNS, LOCK_WAIT_S = FOLDER, where.RUNS, PATIENCE_S


@frozen
class Subject:
    """Which system, which of its windows, with which values changed."""

    system: SystemArgument = None
    window: WindowOption = None
    overrides: SetOption = None


@frozen
class StoreChoice:
    """Where the data lies, and how long to wait for it."""

    data: StoreOption = STORE
    lock_wait: LockWaitOption = LOCK_WAIT_S

    @property
    def stores(self) -> Stores:
        """What is known before a system says its environment."""
        return Stores(self.data, self.lock_wait)


@frozen
class StoreNamed:
    """Which store, where it lies, and how long to wait for it."""

    env: EnvOption = ENV
    data: StoreOption = STORE
    lock_wait: LockWaitOption = LOCK_WAIT_S

    @property
    def store(self) -> Store:
        """The three as one value."""
        return Store(self.data, self.env, self.lock_wait)
