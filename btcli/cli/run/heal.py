"""`btcli heal`: repair the data that a run would load."""

from __future__ import annotations

from typing import Annotated

import typer

from btcli.cli.edge.answer import Answer
from btcli.cli.edge.grouping import grouped
from btcli.cli.edge.options import JsonOption, StoreChoice, Subject, YesOption
from btcli.cli.edge.watching import watched
from btcli.cli.run.checking import check

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
@grouped
@watched
def heal(
    *,
    subject: Subject,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and change nothing.")] = False,
    yes: YesOption = False,
    store: StoreChoice,
    as_json: JsonOption = False,
) -> Answer:
    """Repair what is missing, and check again."""
    return check(subject, store, heal=not dry_run, plan=dry_run, yes=yes, quiet=as_json)
