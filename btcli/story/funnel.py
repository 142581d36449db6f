"""The way of a run's wishes: asked, wished, submitted, refused with both numbers, cancelled, filled."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from btcli.artifacts.reading import read_events_of
from btcli.artifacts.recorder import EVENTS
from btcli.frozen import frozen
from btcli.story.records import RunRecord, read_record

KEPT_REFUSALS = 1000  # told in full; of more, the counts say how many there were
TOLD = ("signal", "order_submitted", "order_rejected", "order_cancelled", "order_filled", "warned")


@frozen
class Refusal:
    """One refused order: when, of which symbol, the code, and the two numbers that were compared."""

    ts: str
    symbol: str
    order_id: int
    side: str
    qty: float
    code: str
    have: float
    need: float


@frozen
class Funnel:
    """How many of a run's decisions came how far; `refusals` are the first ones, `refused` counts them all by code."""

    record: RunRecord
    signals: int
    submitted: int
    filled: int
    refused: dict[str, int]
    cancelled: dict[str, int]
    warned: dict[str, int]
    refusals: tuple[Refusal, ...]

    def to_dict(self) -> dict[str, Any]:
        """For machines."""
        metrics = self.record.metrics
        return {
            "run_dir": self.record.path,
            "run_id": self.record.manifest.run_id,
            "decisions": metrics.get("decisions"),
            "signals": self.signals,
            "signals_ignored": metrics.get("signals_ignored"),
            "submitted": self.submitted,
            "refused_by_code": self.refused,
            "cancelled_by_code": self.cancelled,
            "warned_by_code": self.warned,
            "filled": self.filled,
            "rules": dict(self.record.rules),
            "refusals": [asdict(refusal) for refusal in self.refusals],
        }


def funnel_of(run_dir: Path) -> Funnel:
    """Count the events of a run; entries refused while entries were disabled have no event and come from its metrics.

    Raises AccessError when something of the run is damaged.
    """
    record = read_record(run_dir)
    seen: Counter[str] = Counter()
    codes: dict[str, Counter[str]] = {name: Counter() for name in TOLD}
    refusals: list[Refusal] = []
    for event in read_events_of(run_dir / EVENTS, TOLD):
        name = event["event"]
        seen[name] += 1
        if "code" in event:
            codes[name][event["code"]] += 1
        if name == "order_rejected" and len(refusals) < KEPT_REFUSALS:
            refusals.append(Refusal(**{key: event[key] for key in Refusal.__dataclass_fields__}))
    refused = codes["order_rejected"] | Counter(record.metrics.get("refusals_by_code", {}))
    return Funnel(
        record=record,
        signals=seen["signal"],
        submitted=seen["order_submitted"],
        filled=seen["order_filled"],
        refused=dict(sorted(refused.items())),
        cancelled=dict(sorted(codes["order_cancelled"].items())),
        warned=dict(sorted(codes["warned"].items())),
        refusals=tuple(refusals),
    )
