"""The seconds that a run took, beside the digest of the state that they led to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from btcli.cli.shown.figures import count

if TYPE_CHECKING:
    from btcli.workflows.run.run import RunOutcome


def timing_row(outcome: RunOutcome) -> dict[str, Any]:
    """Seconds of this process beside the hash of the state that they led to."""
    timing = outcome.timing
    seconds = {"setup_s": timing.setup_s, "engine_s": timing.engine_s, "engine_cpu_s": timing.engine_cpu_s}
    seconds |= {"passes": timing.passes, "passes_s": timing.passes_s}
    return {**seconds, "result_sha256": outcome.manifest.outputs.state_hash}


def timing_line(outcome: RunOutcome) -> str:
    """The same in one line."""
    timing, result = outcome.timing, str(outcome.manifest.outputs.state_hash)[:16]
    passes = f"{count(timing.passes, 'pass', 'passes')} {timing.passes_s:.3f} s"
    engine = f"engine {timing.engine_s:.3f} s ({timing.engine_cpu_s:.3f} s of processors)"
    return f"{engine}, set up in {timing.setup_s:.3f} s, {passes}, result {result}"
