"""What became another since a sweep was begun, so that it cannot be gone on with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from btcli.errors import BtcliError, Problem, RequestError
from btcli.research.folder import PLAN, SweepDir
from btcli.research.plan import REFUSALS, Needs, Plan
from btcli.simulation.identity import own_engine_digest

MOST_TOLD = 8
ABSENT = "nothing"


def refuse_unfinished(plan: Plan, folder: Path) -> None:
    """Refuse to begin where the very same was asked before, is not done, and would now be another sweep.

    Raises RequestError that says what changed.
    """
    if (folder / PLAN).exists():
        return
    for sweep, other in _of_the_same_question(plan, folder.parent):
        if sweep.told(other) is not None:
            continue
        changes = list(differences(other, plan))
        error = RequestError(
            "this sweep was begun and is not done, and it cannot be gone on with",
            where=str(sweep.path),
            hint="put that back to go on; or begin another one beside it: --anew",
        )
        told = changes[:MOST_TOLD]
        if len(changes) > MOST_TOLD:
            told.append(Problem(f"… and {len(changes) - MOST_TOLD} more"))
        error.problems = (*error.problems, *told)
        raise error


def known_needs(draft: Plan, beside: Path) -> tuple[Needs | None, ...]:
    """What a sweep of the very same among those in a folder found out of its values; nothing where there is none.

    They were looked at by the same code, in the same system file with the same values set. Not for systems that run
    code of the user's.
    """
    for _, other in _of_the_same_question(draft, beside):
        engines = {world["engine_sha256"] for world in other.worlds if REFUSALS not in world}
        if (other.source, other.code, engines) == (draft.source, draft.code, {own_engine_digest()}):
            return other.needs
    return ()


def _of_the_same_question(plan: Plan, beside: Path) -> Iterator[tuple[SweepDir, Plan]]:
    """The sweeps in a folder that were asked for with the same words."""
    for file in sorted(beside.glob(f"*/{PLAN}")):
        sweep = SweepDir(file.parent)
        try:
            other = sweep.plan()
        except BtcliError:
            continue  # whoever asks for that one is told
        if other is not None and other.question == plan.question:
            yield sweep, other


def differences(was: Plan, now: Plan) -> Iterator[Problem]:
    """A sentence for everything that decides the table and is another."""
    if len(was.worlds) != len(now.worlds):
        yield Problem(f"it had {len(was.worlds)} worlds, it has {len(now.worlds)}")
    seen: set[str] = set()
    for before, after in zip(was.worlds, now.worlds, strict=False):
        if REFUSALS in before or REFUSALS in after:
            if before != after:
                yield Problem("values that could not be run then can be now, or the other way round")
            continue
        for problem in _of_world(before, after):
            if str(problem) not in seen:
                seen.add(str(problem))
                yield problem
    if was.code.get("values_sha256") != now.code.get("values_sha256"):
        yield Problem("the code of a strategy or function that a value names changed")
    if was.code.get("research_sha256") != now.code.get("research_sha256"):
        yield Problem("the code of btcli that runs sweeps changed")


def _of_world(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Problem]:
    yield from config_differences(was["config"], now["config"])
    before = {each["series"]: each for each in was["series"]}
    for each in now["series"]:
        other = before.pop(each["series"], None)
        if other is None:
            yield Problem("the data changed: it was not read before", each["series"])
        elif other != each:
            rows = f"{other['rows']:,} rows then, {each['rows']:,} now"
            yield Problem(f"the data changed ({rows}; {other['first']} to {other['last']} then)", each["series"])
    yield from (Problem("the data changed: it is not read any more", name) for name in before)
    for symbol, digest in now["instruments"].items():
        if was["instruments"].get(symbol) != digest:
            yield Problem("its trading rules changed", symbol)
    if was["strategy"] != now["strategy"] and was["config"]["strategy"] == now["config"]["strategy"]:
        yield Problem("the strategy's code changed", now["strategy"]["name"])
    if was["engine_sha256"] != now["engine_sha256"]:
        yield Problem("the code of btcli that decides results changed")
    for name in ("rules_version", "formulas", "window"):
        if was[name] != now[name]:
            yield Problem(f"was {was[name]}, is {now[name]}", name)


def config_differences(was: Any, now: Any, key: str = "") -> Iterator[Problem]:
    """Every key whose value is another."""
    if isinstance(was, dict) and isinstance(now, dict):
        for name in (*was, *(name for name in now if name not in was)):
            at = f"{key}.{name}" if key else name
            yield from config_differences(was.get(name, ABSENT), now.get(name, ABSENT), at)
    elif was != now:
        yield Problem(f"the config changed: it was {was}, it is {now}", key)
