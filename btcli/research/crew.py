"""Who runs the trials of a sweep: threads and this process, or the processes of an engine."""

from __future__ import annotations

from pathlib import Path

from btcli.errors import RequestError
from btcli.frozen import frozen
from btcli.market.store.where import Stores
from btcli.processors import processors
from btcli.research.bench import Bench
from btcli.research.plan import Plan
from btcli.research.running import Away, Hearing, Work
from btcli.simulation.many import TOGETHER

THREADS = "threads"
USUAL = "loky"  # for strategies in Python
WORTH_S = 4.0  # of work, below which other processes take longer to start than they save


@frozen
class Crew:
    """What the options said: an engine, the address of its cluster, and how many trials run at once."""

    backend: str | None = None
    address: str | None = None
    workers: int | None = None

    @property
    def count(self) -> int:
        """How many trials run at once, as far as it is known before a cluster was asked."""
        return self.workers or processors()


EVERYBODY = Crew()  # threads for rules, as many as there are processors; else as many processes


def away_for(crew: Crew, bench: Bench, stores: Stores) -> Away | None:
    """Other processes, where they are asked for; if nothing is said for strategies in Python that take a while.

    Raises RequestError for an engine that there is not, or that is not installed.
    """
    is_usual = crew.backend is None and not bench.shares and crew.count > 1
    backend = USUAL if is_usual else THREADS if crew.backend is None else crew.backend
    if crew.address is not None and crew.backend in (None, THREADS):
        raise RequestError("is that of a cluster", where="--address", hint="add --backend dask, or ray")
    if backend == THREADS:
        return None
    from btcli.research.engines.choosing import ENGINES, Engine, require_engine

    if backend not in ENGINES:
        known = ", ".join((THREADS, *ENGINES))
        raise RequestError(f"there is no backend {backend!r}", where="--backend", hint=f"it is one of {known}")
    engine = Engine(backend, crew.count if crew.address is None else crew.workers, crew.address)
    require_engine(engine)

    def get_ready(plan: Plan, folder: Path) -> None:
        from btcli.research.packing import pack_sweep

        pack_sweep(folder, plan, bench, stores)

    def takes_bytes(plan: Plan) -> int:
        from btcli.research.packing import most_bytes

        return most_bytes(plan, bench)

    return Away(engine, get_ready, takes_bytes, crew.count, WORTH_S if is_usual else 0.0)


def threads_of(crew: Crew, away: Away | None) -> int:
    """How many trials run at once in this process; where others work it only tries how long one takes."""
    return crew.count if away is None else 1


def work_of(crew: Crew, bench: Bench, hearing: Hearing, away: Away | None) -> Work:
    """What a sweep is run with: strategies in Python are run one by one, in any process."""
    threads = threads_of(crew, away) if bench.shares else 1
    return Work(bench, hearing, threads, threads * TOGETHER if bench.shares else 1, away)
