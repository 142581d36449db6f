"""`btcli preflight`: is the data that a run would load fit for it?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from btcli.cli.answer import Answer
from btcli.cli.options import (
    LOCK_WAIT_S,
    STORE,
    HealOption,
    JsonOption,
    LockWaitOption,
    SetOption,
    StoreOption,
    SystemArgument,
    WindowOption,
    YesOption,
)

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def preflight(
    system: SystemArgument = None,
    window: WindowOption = None,
    heal: HealOption = False,
    yes: YesOption = False,
    overrides: SetOption = None,
    data: StoreOption = STORE,
    lock_wait: LockWaitOption = LOCK_WAIT_S,
    out: Annotated[
        Path | None, typer.Option("--out", help="Also write preflight_report.json into this folder.")
    ] = None,
    as_json: JsonOption = False,
) -> Answer:
    """Check every series that a run would load."""
    from btcli.cli.consent import watched_healing
    from btcli.cli.health import checked_answer
    from btcli.workflows.checking import CheckRequest, check_systems

    with watched_healing(yes=yes, quiet=as_json) as healing:
        request = CheckRequest(
            system=system,
            window=window,
            overrides=tuple(overrides or ()),
            store=data,
            lock_wait_s=lock_wait,
            heal=heal,
            healing=healing,
        )
        return checked_answer(check_systems(request), out)
