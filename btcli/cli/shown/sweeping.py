"""How a sweep is asked for, watched and answered."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from btcli.cli.edge.answer import Answer
from btcli.cli.edge.progress import sweeping_bar
from btcli.cli.edge.watching import GOES_ON
from btcli.cli.shown.consent import confirm, say
from btcli.errors import Problem
from btcli.legible.codes import ended_early
from btcli.legible.figures import count, setting, short

if TYPE_CHECKING:
    from rich.console import Console

    from btcli.research.estimate import Estimate
    from btcli.workflows.research.sweep import SweepOutcome, SweepRequest, Watch
    from btcli.workflows.run.trial import Tried

TOLD = ("trials", "statuses", "reasons", "never_traded", "distinct_results", "idle")
ASK_ABOVE_S = 600.0
ASK_ABOVE_DISK_BYTES = 1 << 30


@contextmanager
def watched_sweep(request: SweepRequest, *, yes: bool, quiet: bool) -> Iterator[Watch]:
    """Tells what a sweep will take, asks where that is much, and draws how far it is on a terminal."""
    from btcli.workflows.research.sweep import Watch

    begun: list[Estimate] = []
    with sweeping_bar(request.system.stem, request.by, quiet=quiet) as bar:

        def consent(estimate: Estimate) -> None:
            begun.append(estimate)
            if bar is not None:
                bar.pause()
            if not quiet:
                say(told(estimate))
            if not yes and (much := how_much(estimate)):
                confirm(f"{much}. Begin?", quiet=quiet, otherwise="nothing was begun")

        try:
            yield Watch(consent, bar, None if bar is None else bar.notice)
        except KeyboardInterrupt:
            if bar is not None:
                bar.pause()
            if begun and not quiet:
                say(GOES_ON["sweep"])
            raise


def told(estimate: Estimate) -> str:
    """A sentence about what is left to be done."""
    takes = f"{_about(estimate.seconds)} with {count(estimate.workers, 'worker')}"
    left = f"{estimate.left:,} of them are left: {takes}" if estimate.left else _none_left(estimate)
    worlds = "" if estimate.worlds == 1 else f" over {estimate.worlds} worlds"
    returns = estimate.trials * estimate.days * 4
    return (
        f"{count(estimate.trials, 'trial')}{worlds}, {left}, {megabytes(estimate.memory_bytes)} of memory, "
        f"{megabytes(estimate.disk_bytes)} of disk (daily returns of {count(estimate.days, 'day')}: "
        f"{megabytes(returns)})"
    )


def _none_left(estimate: Estimate) -> str:
    return "all of them were run to see how long one takes" if estimate.is_sampled else "all are done"


def how_much(estimate: Estimate) -> str:
    """Why one is asked before it begins; "" where one is not."""
    if estimate.seconds > ASK_ABOVE_S:
        return f"this takes about {duration(estimate.seconds)}"
    if estimate.disk_bytes > ASK_ABOVE_DISK_BYTES:
        return f"this takes about {megabytes(estimate.disk_bytes)} of disk"
    if estimate.memory_bytes > _memory_bytes() // 2:
        return f"this takes about {megabytes(estimate.memory_bytes)} of memory"
    return ""


def _about(seconds: float) -> str:
    return duration(seconds) if seconds < 1 else f"about {duration(seconds)}"


def duration(seconds: float) -> str:
    """A time as one says it.

    >>> [duration(each) for each in (0.3, 41.2, 300, 9000, 2_000_000)]
    ['less than a second', '41 s', '5 min', '2.5 h', '556 h']
    """
    if seconds < 1:
        return "less than a second"
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 36_000 else f"{seconds / 3600:,.0f} h"


def megabytes(size: int) -> str:
    """A size in the unit that suits it."""
    return f"{size / 1e9:,.1f} GB" if size >= 1e9 else f"{size / 1e6:,.1f} MB"


def sweep_answer(outcome: SweepOutcome) -> Answer:
    """Where the table lies, how the trials ended, and the best of them with a word of caution."""

    def show(console: Console) -> None:
        from rich.markup import escape

        from btcli.cli.edge.tables import named_lines

        pairs = [
            *count_lines(outcome.told),
            ("on this data", said_on_data(outcome.on_this_data, after_reveal=outcome.after_reveal)),
            ("best", _best(outcome)),
            ("table", escape(str(table))),
        ]
        console.print(named_lines(pairs))

    table = outcome.folder / outcome.told["table"]
    data = {
        "sweep_dir": outcome.folder,
        "sweep_id": outcome.plan.sweep_id,
        "table": table,
        "table_digest": outcome.told["table_digest"],
        **{name: outcome.told[name] for name in TOLD},
        "on_this_data": outcome.on_this_data,
        "after_reveal": outcome.after_reveal,
        "by": outcome.by,
        "best": outcome.best,
        "chunks": outcome.plan.chunks,
        "chunks_found": outcome.found,
    }
    return Answer(data, show, warnings=outcome.warnings)


def said_on_data(results: int, *, after_reveal: bool) -> str:
    """How many results there are on the data by now, and whether any of it had been sealed."""
    seen = ", [yellow]after the reveal of a sealed window[/]" if after_reveal else ""
    return f"{count(results, 'distinct result')} so far{seen}"


def count_lines(told: Mapping[str, Any]) -> list[tuple[str, str]]:
    """How many trials there were, how they ended and why some have no result, and how many results they came to."""
    from rich.markup import escape

    ended = ", ".join(f"{name} {number:,}" for name, number in told["statuses"].items())
    idle = [("no difference", escape(f"{', '.join(told['idle'])}: equal results whatever the value"))]
    never = f"; {told['never_traded']:,} never traded" if told["never_traded"] else ""
    reasons = "\n".join(f"{count(number, 'trial')}: {reason}" for reason, number in told["reasons"].items())
    return [
        ("trials", f"{told['trials']:,}, {count(told['distinct_results'], 'distinct result')}"),
        ("ended", f"{ended}{never}"),
        *([("most often for", escape(reasons))] if reasons else ()),
        *(idle if told["idle"] else ()),
    ]


def with_trial(answer: Answer, tried: Tried, metrics: Mapping[str, Any]) -> Answer:
    """The answer of a run that is a trial of a sweep, and whether it came to the same; exit 1 where it did not."""
    differs = [] if tried.row is None else list(tried.differences(metrics))
    data = {**answer.data, "trial": tried.name, "equals_trial": None if tried.row is None else not differs}
    if differs:
        hint = "the data, code or trading rules that it reads changed since, or btcli itself: sweep again"
        problem = Problem(f"the run differs from trial {tried.name}: {differs[0]}", hint=hint)
        return replace(answer, data=data, exit_code=1, problems=(*answer.problems, ("TrialDiffers", problem)))

    def show(console: Console) -> None:
        answer.show(console)
        said = "the sweep has not come to it" if tried.row is None else "every figure equals that of the sweep"
        console.print(f"trial {tried.name}: {said}", soft_wrap=True)

    return replace(answer, data=data, show=show)


def _best(outcome: SweepOutcome) -> str:
    from rich.markup import escape

    best = outcome.best
    if best is None:
        return f"no trial traded and has {outcome.by}"
    keys = [axis.key for axis in outcome.plan.space.axes]
    said = ", ".join(f"{key}={setting(best[key])}" for key in keys)
    ended = f"; {best['status']}: none that traded came to its window's end" if ended_early(best["status"]) else ""
    return escape(f"trial {best['trial']}: {outcome.by} {short(best[outcome.by])}, {said}{ended}")


def _memory_bytes() -> int:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return sys.maxsize
