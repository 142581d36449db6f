"""The answers of `btcli run` and `btcli show`: a run's summary for people, its metrics for machines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from btcli.cli.edge.answer import Answer, show_nothing
from btcli.cli.shown.counted import count_lines, count_row
from btcli.cli.shown.detail import detail_line, detail_warnings
from btcli.cli.shown.summary_of import SummaryOf
from btcli.cli.shown.timing import timing_line, timing_row
from btcli.errors import Problem
from btcli.legible.codes import END_OF_DATA, ENDINGS, WITHHELD
from btcli.legible.rules import rule_warnings

if TYPE_CHECKING:
    from rich.console import Console

    from btcli.artifacts.manifest import RunManifest
    from btcli.cli.edge.tables import Pair
    from btcli.registry.counting import Count
    from btcli.story.records import RunRecord
    from btcli.workflows.run.run import RunOutcome

NO = 1
ENDED_EARLY = 5
NOTHING: Mapping[str, Any] = MappingProxyType({})


def run_answer(outcome: RunOutcome, *, timed: bool = False, must_decide: bool = False, full: bool = False) -> Answer:
    """The answer of `btcli run`, with the seconds it took when `timed`; exit code 5 when the account ended the run.

    With `must_decide` a run in which nothing could be decided for some symbol is a no: exit code 1.
    """
    run = SummaryOf(
        outcome.run_dir, outcome.manifest, outcome.metrics, outcome.outline, tuple(_also(outcome)), outcome.rules
    )

    def show(console: Console) -> None:
        show_summary(console, run, full=full)
        if timed:
            from btcli.cli.edge.screen import notices

            notices().print(f"timing: {timing_line(outcome)}", soft_wrap=True)

    told = () if must_decide else outcome.undecided
    detailed, config = outcome.detailed, outcome.manifest.inputs.config
    warnings = (
        *told,
        *outcome.warnings,
        *_path_warnings(outcome.metrics),
        *detail_warnings(detailed, config, outcome.store),
        *rule_warnings(outcome.rules),
    )
    answer = _answer(run, show, warnings, _more(outcome, timed=timed))
    return _without_decisions(answer, outcome.undecided) if must_decide and outcome.undecided else answer


def _also(outcome: RunOutcome) -> Iterator[Pair]:
    """What is known of this process, or this moment, alone."""
    yield from count_lines(outcome.count, outcome.manifest)
    if outcome.detailed is not None:
        yield "Detail", detail_line(outcome.detailed, outcome.metrics["final_equity_usdt"])
    if outcome.earlier is not None and outcome.earlier.identical:
        yield "Again", "the same inputs ran before: identical"


def _more(outcome: RunOutcome, *, timed: bool) -> dict[str, Any]:
    """The same for machines."""
    more: dict[str, Any] = {"identical": None if outcome.earlier is None else outcome.earlier.identical}
    more["trials"] = count_row(outcome.count)
    if timed:
        more["timing"] = timing_row(outcome)
    if outcome.detailed is not None:
        more["detail"] = {**asdict(outcome.detailed), "settled": outcome.detailed.settled}
    return more


def _without_decisions(answer: Answer, refused: Sequence[str]) -> Answer:
    """The same answer as a no, because decisions were required; its artifacts are complete."""
    hint = "give it more history, another timeframe, or a later start (see the warnings)"
    problems = tuple(("NoDecisions", Problem(said, "--require-decisions", hint)) for said in refused)
    title = "Nothing could be decided"
    return replace(answer, exit_code=NO, problems=(*problems, *answer.problems), title=title)


def _path_warnings(metrics: Mapping[str, Any]) -> Iterator[str]:
    if WITHHELD in metrics["paths"]:
        yield f"the outcomes on the other paths are withheld: {metrics['paths'][WITHHELD]}"


def record_answer(
    record: RunRecord, outline: Sequence[float], *, full: bool = False, count: Count | None = None
) -> Answer:
    """The answer of `btcli show`: always 0, it only looks."""
    also = tuple(count_lines(count, record.manifest))
    run = SummaryOf(record.path, record.manifest, record.metrics, outline, also, record.rules)
    data = _answer(run, more={"trials": count_row(count)}).data
    return Answer(data, lambda console: show_summary(console, run, full=full))


def show_summary(console: Console, run: SummaryOf, *, full: bool) -> None:
    """Draw one screen, or with `full` everything; of a run without metrics why it has none."""
    from rich.markup import escape

    from btcli.cli.shown.brief import Brief
    from btcli.cli.shown.full import show_full
    from btcli.cli.shown.what_ran import short_line, title_line

    if run.metrics and full:
        show_full(console, run)
    elif run.metrics:
        console.print(Brief(run))
    else:
        console.print()
        console.print(title_line(run.manifest))
        console.print(f"[dim]{short_line(run.manifest)}[/]\n")
        console.print(f"  {run.manifest.status}: {escape(run.manifest.failure or 'no results')}")


def _answer(
    run: SummaryOf,
    show: Callable[[Console], None] = show_nothing,
    warnings: tuple[str, ...] = (),
    more: Mapping[str, Any] = NOTHING,
) -> Answer:
    manifest, metrics = run.manifest, run.metrics
    status = str(metrics.get("status", manifest.status))
    data = {
        "run_dir": run.folder,
        "run_id": manifest.run_id,
        "status": status,
        "metrics": metrics,
        **_specs(manifest),
        **more,
    }
    if status in (END_OF_DATA, manifest.status):
        return Answer(data, show, 0, warnings)
    ended = Problem(
        f"the run ended early: {ENDINGS.get(status, 'for a reason that this version does not know')}",
        hint="its artifacts are complete",
    )
    return Answer(data, show, ENDED_EARLY, warnings, ((status, ended),), "The account ended the run")


def _specs(manifest: RunManifest) -> dict[str, Any]:
    """The specs of a run, when it came far enough to tell them."""
    return {key: manifest.environment[key] for key in ("instruments",) if key in manifest.environment}
