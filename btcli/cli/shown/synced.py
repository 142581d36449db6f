"""How a sync and a verification of the store are shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from btcli.cli.edge.answer import Answer
from btcli.cli.edge.screen import plain_table
from btcli.cli.shown.consent import plan_lines
from btcli.errors import AnswerIsNo, Problem
from btcli.timeframe import utc_text

if TYPE_CHECKING:
    from btcli.workflows.data.sync import SyncOutcome
    from btcli.workflows.data.verify import VerifiedSeries

SHOWN_HOLES = 3


def synced_answer(outcome: SyncOutcome, *, dry_run: bool) -> Answer:
    """A line per call; the exit code is that of the first call that failed."""
    errors = [result.error for result in outcome.results if result.error is not None]

    def show(console: Console) -> None:
        done = [result.done for result in outcome.results if result.done]
        for line in plan_lines(outcome.plan) if dry_run else done:
            console.print(line, soft_wrap=True, markup=False)

    data = {
        "requests": outcome.plan.requests,
        "rows_at_most": outcome.plan.rows,
        "tools": [result.to_dict() for result in outcome.results],
    }
    if not errors:
        return Answer(data, show)
    problems = tuple(dict.fromkeys((error.code, problem) for error in errors for problem in error.problems))
    return Answer(data, show, errors[0].exit_code, problems=problems, title=errors[0].title)


def verified_answer(found: Sequence[VerifiedSeries]) -> Answer:
    """A line per series with its digest; exit code 1 when a row is wrong or the venue tells it otherwise."""
    problems, warnings = [], []
    for each in found:
        for issue in each.issues:
            said = Problem(issue.sentence(), f"{each.series}:", issue.hint)
            if issue.severity == "error":
                problems.append(("VerifyFailed", said))
            else:
                warnings.append(str(said))
        if each.differing:
            hint = "btcli data delete, then btcli data sync, fetches it anew"
            problems.append(("VerifyFailed", Problem(each.against, hint=hint)))
        warnings += _holes(each)
    failed = [each.failed for each in found if each.failed is not None]
    problems += dict.fromkeys((error.code, problem) for error in failed for problem in error.problems)

    def show(console: Console) -> None:
        table = plain_table("series", "rows", "sha256", "", right=("rows",))
        for each in found:
            verdict = "[green]sound[/]" if each.sound else "[red]not sound[/]"
            table.add_row(escape(str(each.series)), f"{each.rows:,}", each.digest[:12], verdict)
        console.print(table)
        for each in found:
            if each.against:
                console.print(each.against, style="dim", soft_wrap=True, markup=False)

    sound = all(each.sound for each in found)
    exit_code = AnswerIsNo.exit_code if not sound else failed[0].exit_code if failed else 0
    data = {"sound": sound, "series": [each.to_dict() for each in found]}
    title = "Not everything stored is right" if not sound else failed[0].title if failed else "No"
    return Answer(data, show, exit_code, tuple(warnings), tuple(problems), title)


def _holes(each: VerifiedSeries) -> list[str]:
    if not each.holes:
        return []
    shown = ", ".join(f"{utc_text(start)[:16]} to {utc_text(end)[:16]}" for start, end in each.holes[:SHOWN_HOLES])
    more = f" and {len(each.holes) - SHOWN_HOLES:,} more" if len(each.holes) > SHOWN_HOLES else ""
    counts = ((state, sum(doubt[2] == state for doubt in each.doubts)) for state in ("not given", "disputed"))
    known = "".join(f"; {count:,} {state}" for state, count in counts if count)
    return [f"{each.series}: {len(each.holes):,} holes, {shown}{more}{known}"]
