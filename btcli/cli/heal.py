"""`btcli heal`: repair the data that a run would load."""

from __future__ import annotations

from typing import Annotated

import typer

from btcli.cli.answer import Answer
from btcli.cli.options import (
    LOCK_WAIT_S,
    STORE,
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
def heal(
    system: SystemArgument = None,
    window: WindowOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and change nothing.")] = False,
    yes: YesOption = False,
    overrides: SetOption = None,
    data: StoreOption = STORE,
    lock_wait: LockWaitOption = LOCK_WAIT_S,
    as_json: JsonOption = False,
) -> Answer:
    """Repair what is missing, and check again."""
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
            heal=not dry_run,
            plan=dry_run,
            healing=healing,
        )
        return checked_answer(check_systems(request), None)
