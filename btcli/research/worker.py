"""One chunk of a sweep from text alone: what a worker does, wherever it is."""

from __future__ import annotations

from btcli.research.bench import Bench, Load
from btcli.research.plan import plan_of
from btcli.research.table import frame_of, table_bytes


def run_chunk(text: bytes | str, index: int, load: Load, workers: int | None = 1) -> bytes:
    """The rows of one chunk of the plan that `text` is, as Parquet; `load` gives the inputs that a run's parts need.

    Raises what reading the plan, loading and building a world raise: AccessError, ConfigError, UnhealthyData.
    """
    plan = plan_of(text)
    return table_bytes(frame_of(plan.space, Bench(plan, load, workers).outcomes(plan.chunk(index))))
