"""The process in which a worker runs chunks of one sweep, from what lies in the sweep's folder alone."""

from __future__ import annotations

import json
import os
import select
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple, NoReturn

from btcli.artifacts.disk import disk
from btcli.errors import AccessError, BtcliError
from btcli.exchange.machine.trust import give, store_nothing
from btcli.market.loader import RunInputs, load_run_inputs, with_signals
from btcli.research.bench import Bench
from btcli.research.crossing import written
from btcli.research.folder import PLAN, SweepDir
from btcli.research.moved import MovedFolder, without
from btcli.research.pack import platform_node, read_sweep_pack
from btcli.research.plan import Plan, plan_of
from btcli.research.table import write_rows
from btcli.simulation.parts import Prepared
from btcli.strategies.guarding import end_now, end_with_parent, forbid_ending

IDLE_S = 60.0
SHARED = (
    "every worker has to read and write the sweep's folder at the same path: check what is mounted there, the "
    "permissions and the free space, or choose a folder that all machines see with --out"
)


def serve() -> NoReturn:
    """Run the chunks whose numbers are read, one a line, and write what became of each, until there are no more.

    Nothing is asked for IDLE_S seconds: it ends, and with it what it holds of memory. Arguments are the sweep's
    folder, the plan's digest, and the process that asks.
    """
    shared, digest, parent = sys.argv[1:]
    requests, answers = _own_streams()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever asks is told, and ends this process
    forbid_ending(on_fork=lambda: os.close(answers))
    end_with_parent(int(parent))
    store_nothing()
    desk: Desk | None = None
    for index in _numbers(requests):
        top = ""
        try:
            desk = desk or opened(Path(shared), digest)
            top = desk.top
            said = json.dumps({"file": desk.run(index)})
        except BtcliError as error:
            said = json.dumps({"error": written(_placed(error), partial(without, top=top))})
        os.write(answers, f"{said}\n".encode())
    end_now()


class Desk(NamedTuple):
    """A plan with what its chunks are run with; `top` is where the user's files lie in place of theirs."""

    sweep: SweepDir
    plan: Plan
    bench: Bench
    top: str

    def run(self, index: int) -> str:
        """Run a chunk, keep it, and name its file."""
        outcomes = self.bench.outcomes(self.plan.chunk(index))
        told = {
            trial: replace(each, reason=without(each.reason, self.top)) if each.reason else each
            for trial, each in outcomes.items()
        }
        writing = partial(write_rows, self.plan.space, told)
        return self.sweep.keep(self.plan, index, writing, one_of_many=True).name


def opened(shared: Path, digest: str) -> Desk:
    """The plan and its pack, with this process in the user's working directory or in what stands for it.

    Raises AccessError where they are not there, or not what they were.
    """
    with disk(shared, "read the plan"):
        content = (shared / PLAN).read_bytes()
    plan = plan_of(content, str(shared / PLAN))
    if plan.digest != digest:
        raise AccessError("is the folder of another sweep", where=str(shared))
    pack = read_sweep_pack(shared, content)
    give(pack.objects())
    with disk(shared, "go to the folder of the pack"):
        os.chdir(pack.top + pack.holds.folder)
    sys.path[:0] = [pack.top + each for each in pack.holds.imported_from]
    plan = plan.beside(MovedFolder.below(pack.top, pack.holds.beside))

    def load(parts: Prepared) -> RunInputs:
        return with_signals(load_run_inputs(pack.reader(parts.system.env), parts.system, parts.spans), parts.signals)

    files = {Path(pack.top + path): digest for path, digest in pack.holds.files.items()}
    return Desk(SweepDir(shared), plan, Bench(plan, load, 1, files=files), pack.top)


def _placed(error: BtcliError) -> BtcliError:
    """The same error; what the file system refused may be fine elsewhere: then with the machine."""
    if isinstance(error.__cause__, OSError):
        said = f", on {platform_node()}, where a worker runs"
        error.problems = tuple(replace(each, message=f"{each.message}{said}", hint=SHARED) for each in error.problems)
    return error


def _own_streams() -> tuple[int, int]:
    """Where to read and to write, out of the way of user code: that finds nothing to read, and stderr to write to."""
    requests, answers, nothing = os.dup(0), os.dup(1), os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    return requests, answers


def _numbers(requests: int) -> Iterator[int]:
    heard = b""
    while select.select([requests], [], [], IDLE_S)[0] and (part := os.read(requests, 1 << 12)):
        *lines, heard = (heard + part).split(b"\n")
        yield from map(int, lines)


if __name__ == "__main__":
    serve()
