"""Which trial of a table is the best by one figure, and how the figure is spread over all of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from btcli.legible.codes import END_OF_DATA
from btcli.research.figures import LESS_IS_BETTER
from btcli.research.space import MOST_TRIALS
from btcli.research.table import RETURNS, name_of, read_once, select

QUANTILES = {"least": 0.0, "5 %": 0.05, "25 %": 0.25, "median": 0.5, "75 %": 0.75, "95 %": 0.95, "greatest": 1.0}
MOST_REASONS = 3
TRADED = "never_traded = false"  # of trials that were not run, or did not trade, no figure says how good they are
EARLY = f"(status <> '{END_OF_DATA}')"


class Spread(NamedTuple):
    """How one figure is spread: over how many trials, how many others ended early, and its quantiles by name."""

    by: str
    counted: int
    ended_early: int
    quantiles: dict[str, float]


def ranked(files: Sequence[Path], by: str, most: int) -> list[dict[str, Any]]:
    """The best trials by a figure that they have, the first of equal ones first, without their daily returns.

    Those that ended before their window did come after all others: their figures are of the days that they lived.
    """
    figure, order = name_of(by), "ASC" if by in LESS_IS_BETTER else "DESC"
    having = f"{TRADED} AND {figure} IS NOT NULL"
    question = (
        f"SELECT * EXCLUDE ({RETURNS}) FROM trials WHERE {having} ORDER BY {EARLY}, {figure} {order}, trial LIMIT $1"
    )
    return select(files, question, min(most, MOST_TRIALS))


def spread(files: Sequence[Path], by: str) -> Spread:
    """The quantiles of a figure over the trials that traded, came to their window's end and have it.

    Each is the value of a trial.
    """
    figure = name_of(by)
    having = f"{TRADED} AND {figure} IS NOT NULL"
    lasting = f"list({figure}::DOUBLE ORDER BY {figure}) FILTER (NOT {EARLY}) AS found"
    inside = f"SELECT {lasting}, count(*) FILTER ({EARLY}) AS early FROM trials WHERE {having}"
    values, early = next(((row["found"] or [], row["early"]) for row in select(files, inside)), ([], 0))
    last = len(values) - 1
    quantiles = {name: values[int(last * at + 0.5)] for name, at in QUANTILES.items() if values}
    return Spread(by, len(values), early, quantiles)


def counted(files: Sequence[Path], keys: Sequence[str]) -> dict[str, Any]:
    """How the trials ended, how many never traded, how many results differ, and the keys that made no difference.

    With the reasons why most of those without a result have none, each with how many it was.
    """
    with read_once(files, ("status", "reason", "never_traded", "result", *keys)) as ask:
        ends = ask("SELECT status, count(*) AS trials FROM trials GROUP BY status ORDER BY status")
        idle = "count(*) FILTER (never_traded)"  # 0, and not nothing, where no trial has figures
        why = "SELECT reason, count(*) AS trials FROM trials WHERE reason IS NOT NULL GROUP BY reason"
        reasons = ask(f"{why} ORDER BY trials DESC, reason LIMIT {MOST_REASONS}")
        counts = ask(f"SELECT {idle} AS idle, count(DISTINCT result) AS results FROM trials")
        return {
            "trials": sum(each["trials"] for each in ends),
            "statuses": {each["status"]: each["trials"] for each in ends},
            "reasons": {each["reason"]: each["trials"] for each in reasons},
            "never_traded": sum(each["idle"] for each in counts),
            "distinct_results": sum(each["results"] for each in counts),
            "idle": [key for key in keys if any(row["is_idle"] for row in ask(_whether_idle(key, keys)))],
        }


def _whether_idle(key: str, keys: Sequence[str]) -> str:
    """The question whether trials that differ in this key alone all came to one result, and each is one of such.

    Of some that were drawn few differ in one key alone: they say nothing of the others.
    """
    others = [name_of(each) for each in keys if each != key]
    is_idle = f"count(DISTINCT {name_of(key)}) > 1 AND count(DISTINCT coalesce(result, '')) = 1"
    groups = f"SELECT {is_idle} AS is_idle, count(result) AS results FROM trials"
    groups += f" GROUP BY {', '.join(others)}" if others else ""
    return f"SELECT sum(results) > 0 AND bool_and(is_idle) AS is_idle FROM ({groups})"


def best_row(table: Path, by: str) -> dict[str, Any] | None:
    """The best trial of a table by a figure, without its daily returns; None where none has it."""
    return next(iter(ranked([table], by, 1)), None)
