"""What a run says of itself: its manifest as it starts, and at its end where, when and by what it was made."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from btcli.artifacts.environment import environment
from btcli.artifacts.manifest import PreflightRecord, RunManifest
from btcli.clock import now_ms
from btcli.market.loader import RunInputs
from btcli.simulation.identity import identity_of
from btcli.simulation.parts import Prepared
from btcli.simulation.specs_used import specs_used
from btcli.timeframe import utc_text
from btcli.workflows.run.preflight import PreflightOutcome


def first_manifest(parts: Prepared, inputs: RunInputs, checked: PreflightOutcome | None) -> RunManifest:
    """That of a run which has started: what it hangs on, and what preflight did before."""
    identity = identity_of(parts, inputs)
    record = PreflightRecord(passed=None)
    if checked is not None:
        calls = tuple(call.to_dict() for call in checked.calls)
        record = PreflightRecord(
            passed=checked.passed,
            attempts=checked.attempts,
            tool_calls=calls,
            provenance={
                str(series): tuple(each.to_dict() for each in written) for series, written in checked.provenance.items()
            },
        )
    return RunManifest.model_validate(
        {
            "run_id": identity.run_id,
            "system": parts.system.system,
            "window": parts.window_name,
            "status": "started",
            "inputs": identity.to_dict(),
            "preflight": record,
        }
    )


def surroundings(
    system: Path, overrides: Sequence[str], parts: Prepared, started_ms: int, run_dir: Path
) -> dict[str, Any]:
    """Where, when and by what a run was made.

    `project` leads from the run's folder to that of its system, so that both may be moved together.

    `instruments` tells where the specs are from, and how old they were; `overrides` what --set changed.
    """
    finished_ms = now_ms()
    project = system.resolve().parent
    recorded = environment(
        project,
        started_at=utc_text(started_ms),
        finished_at=utc_text(finished_ms),
        wall_s=(finished_ms - started_ms) / 1000,
    )
    specs = specs_used(parts.system, parts.window, parts.instruments, started_ms)
    return {
        **recorded,
        "project": os.path.relpath(project, run_dir.resolve()),
        "overrides": list(overrides),
        "instruments": [asdict(each) for each in specs],
    }
