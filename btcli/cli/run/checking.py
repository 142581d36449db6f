"""What preflight and heal have in common: check, repair where asked, check again, and answer."""

from __future__ import annotations

from pathlib import Path

from btcli.cli.edge.answer import Answer
from btcli.cli.edge.options import StoreChoice, Subject


def check(
    subject: Subject,
    store: StoreChoice,
    *,
    heal: bool,
    plan: bool = False,
    yes: bool,
    quiet: bool,
    out: Path | None = None,
) -> Answer:
    """The report of every window that is asked for; `plan` shows what a heal would do, `out` keeps the report."""
    from btcli.cli.shown.consent import watched_healing
    from btcli.cli.shown.health import checked_answer
    from btcli.workflows.run.checking import CheckRequest, check_systems

    with watched_healing(yes=yes, quiet=quiet) as healing:
        request = CheckRequest(
            system=subject.system,
            window=subject.window,
            overrides=tuple(subject.overrides or ()),
            stores=store.stores,
            heal=heal,
            plan=plan,
            healing=healing,
        )
        return checked_answer(check_systems(request), out)
