"""Workers of a dask cluster: one that is there, or one of processes of this machine."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any

from btcli.errors import AccessError, RequestError
from btcli.hands import apart
from btcli.research.engines.surroundings import ONE_THREAD, environment, quiet, shielded
from btcli.research.engines.task import Task, answer
from btcli.research.engines.waves import Pool, WorkerLost
from btcli.scratch import scratch

if TYPE_CHECKING:
    from distributed import Client

REACHED_S = 10
JOINED_S = 10  # in which a worker of a cluster that was reached is there
OWN: dict[str, Any] = {
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    "distributed.scheduler.allowed-failures": 1,  # that is, a chunk is done again once before it is given up
}
START = "start one with `dask scheduler` and, on each machine, `dask worker ADDRESS --nworkers auto --nthreads 1`"


@contextmanager
def dask_pool(workers: int, address: str | None) -> Iterator[Pool]:
    """So many processes of this machine, or with an address all workers of the cluster there.

    Raises AccessError for a cluster that is not there or has no workers, RequestError for workers of several threads.
    """
    with _surrounded(), ExitStack() as stack:
        import distributed
        from joblib import Parallel, delayed

        lost = (distributed.CancelledError, distributed.comm.CommClosedError, TimeoutError)
        with shielded():
            client = stack.enter_context(_started(workers) if address is None else _reached(address))
        backend = _backend(client)
        parallel = stack.enter_context(
            Parallel(n_jobs=2, backend=backend, return_as="generator_unordered", pre_dispatch="all", batch_size=1)
        )

        def results(task: Task, wave: Sequence[int]) -> Generator[str]:
            try:
                yield from parallel(delayed(answer)(tuple(task), index) for index in wave)
            except distributed.KilledWorker as error:
                raise WorkerLost("dask gave up a chunk whose workers died one after the other") from error
            except RuntimeError as error:  # of a scheduler that cannot read what a task is
                raise error.__cause__ if isinstance(error.__cause__, ImportError) else error from None
            except lost as error:
                raise WorkerLost(f"dask lost its scheduler: {error!r}") from error

        yield Pool(sum(client.nthreads().values()), results)


def workers_at(address: str) -> int:
    """How many workers the cluster at an address has. Raises as `dask_pool` does for one that cannot be used."""
    with _surrounded(), ExitStack() as stack:
        with shielded():
            client = stack.enter_context(_reached(address))
        return sum(client.nthreads().values())


@contextmanager
def _surrounded() -> Iterator[None]:
    """What workers find around them, and nothing on the screen of what dask says."""
    with environment({**ONE_THREAD, "DASK_LOGGING__DISTRIBUTED": "critical"}):
        import distributed  # noqa: F401  # it has its loggers then

        with quiet("distributed", "dask", "tornado"):
            yield


@contextmanager
def _started(workers: int) -> Iterator[Client]:
    """A cluster of this machine; raises WorkerLost where it does not come up, as on a machine with much to do."""
    with ExitStack() as stack:
        try:
            client = stack.enter_context(_own(workers))
        except (RuntimeError, TimeoutError) as error:
            raise WorkerLost(f"dask did not start its workers: {error}") from error
        yield client


@contextmanager
def _own(workers: int) -> Iterator[Client]:
    """A cluster of so many processes on the loopback interface; it is gone afterwards, with its files."""
    import dask
    from distributed import Client, LocalCluster

    with (
        scratch("dask") as folder,
        dask.config.set({**OWN, "temporary-directory": str(folder)}),
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            scheduler_kwargs={"dashboard": False},
            memory_limit=None,
            local_directory=str(folder),
            silence_logs=logging.CRITICAL,
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client


@contextmanager
def _reached(address: str) -> Iterator[Client]:
    """The cluster at an address, which has workers of one thread each."""
    from distributed import Client

    _require_scheduler(address)
    with Client(address, timeout=REACHED_S, set_as_default=False) as client:
        with suppress(TimeoutError):
            client.wait_for_workers(1, timeout=JOINED_S)
        _require_workers(client.nthreads(), address)
        yield client


def _require_scheduler(address: str) -> None:
    """Raise AccessError where no scheduler answers: a client would wait for ever for something else that listens there.

    What another server says is read as a length, and no array is that long: MemoryError.
    """
    import asyncio

    from distributed import Security, rpc

    async def kind() -> str:
        async with rpc(address, timeout=REACHED_S, connection_args=Security().get_connection_args("client")) as asked:
            return str((await asked.identity())["type"])

    async def in_time() -> str:
        return await asyncio.wait_for(kind(), REACHED_S + 1)

    said = ""
    try:
        # Not in this thread, whichever it is: a loop of its own may run there, as in a notebook.
        if (found := apart(lambda: asyncio.run(in_time()))) != "Scheduler":
            said = f"a dask {found.lower()} answered, not a scheduler"
    except ValueError as error:
        said = f"is no address of a dask scheduler: {error}"
    except (OSError, MemoryError) as error:
        told = "something else listens there" if isinstance(error, MemoryError) else str(error) or "nothing was said"
        said = f"no dask scheduler answered within {REACHED_S} s: {told}"
    if said:
        raise AccessError(said, where=f"--address {address}", hint=START)


def _require_workers(threads: dict[str, int], address: str) -> None:
    if not threads:
        hint = f"start some on each machine: dask worker {address} --nworkers auto --nthreads 1"
        raise AccessError("the cluster has no workers", where=f"--address {address}", hint=hint)
    most = max(threads, key=lambda worker: threads[worker])
    if threads[most] > 1:
        raise RequestError(
            f"worker {most} has {threads[most]} threads; one does one chunk at a time",
            where=f"--address {address}",
            hint=f"start it with a process for each: dask worker {address} --nworkers auto --nthreads 1",
        )


def _backend(client: Client) -> Any:
    from joblib._dask import DaskDistributedBackend

    class Backend(DaskDistributedBackend):  # type: ignore[misc]
        """joblib's, which would wait for ever for a task that was given up, and do everything itself for one worker."""

        def effective_n_jobs(self, n_jobs: int) -> int:
            return max(2, int(super().effective_n_jobs(n_jobs)))

        def submit(self, func: Any, callback: Callable[[Any], None] | None = None) -> Any:
            future = super().submit(func, callback)

            def tell(done: Any) -> None:
                if callback is not None and done.exception() is not None:
                    callback(done.exception())

            future.add_done_callback(tell)
            return future

        def retrieve_result_callback(self, out: Any) -> Any:
            if isinstance(out, BaseException):
                raise out
            return super().retrieve_result_callback(out)

    return Backend(client=client)
