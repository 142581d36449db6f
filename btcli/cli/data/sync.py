"""`btcli data sync`: series from their venue into the store."""

from __future__ import annotations

from typing import Annotated

import typer

from btcli.cli.edge import values
from btcli.cli.edge.answer import Answer
from btcli.cli.edge.options import (
    LOCK_WAIT_S,
    STORE,
    EnvOption,
    FromOption,
    JsonOption,
    LockWaitOption,
    StoreOption,
    UntilOption,
    YesOption,
)
from btcli.errors import RequestError
from btcli.market.store.where import Store

VenueSynced = Annotated[str, typer.Option(help="bybit or binance.", autocompletion=values.some("bybit", "binance"))]
SymbolsSynced = Annotated[
    list[str], typer.Option(help="Such as BTCUSDT; may be given several times.", autocompletion=values.symbols)
]
SeriesSynced = Annotated[
    list[str] | None,
    typer.Option(help="trade, mark or funding; default all three.", autocompletion=values.some(*values.SERIES)),
]
TimeframesSynced = Annotated[
    list[str] | None, typer.Option(help="Such as 5m; default 1m.", autocompletion=values.some(*values.TIMEFRAMES))
]


def sync_from_venue(
    venue: VenueSynced,
    symbol: SymbolsSynced,
    series: SeriesSynced = None,
    timeframe: TimeframesSynced = None,
    start: FromOption = None,
    end: UntilOption = None,
    from_launch: Annotated[bool, typer.Option("--from-launch", help="Everything since the first candle.")] = False,
    specs: Annotated[bool, typer.Option("--instruments", help="Also today's trading rules, as a file.")] = False,
    env: EnvOption = "live",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and change nothing.")] = False,
    yes: YesOption = False,
    data: StoreOption = STORE,
    lock_wait: LockWaitOption = LOCK_WAIT_S,
    as_json: JsonOption = False,
) -> Answer:
    """Fetch series from their venue."""
    from btcli.cli.shown.consent import watched_healing
    from btcli.cli.shown.synced import synced_answer
    from btcli.workflows.data.data import span_between
    from btcli.workflows.data.sync import SyncRequest, sync_series

    if (start is None) != from_launch:
        raise RequestError("from when on?", hint="give --start (and --end), or --from-launch")
    with watched_healing(yes=yes, quiet=as_json) as healing:
        request = SyncRequest(
            venue=venue,
            symbols=tuple(symbol),
            store=Store(data, env, lock_wait),
            kinds=tuple(series or ("trade", "mark", "funding")),
            timeframes=tuple(timeframe or ()),
            span=None if from_launch else span_between(start, end),
            specs=specs,
            dry_run=dry_run,
            healing=healing,
        )
        return synced_answer(sync_series(request), dry_run=dry_run)
