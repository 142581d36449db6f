"""Processes of this machine, started by loky."""

from __future__ import annotations

import os
import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager

from btcli.research.engines.surroundings import ONE_THREAD, environment, shielded, start_quietly
from btcli.research.engines.task import Task, answer
from btcli.research.engines.waves import Pool, WorkerLost
from btcli.strategies.guarding import end_with_parent


@contextmanager
def loky_pool(workers: int) -> Iterator[Pool]:
    """So many processes; none of them is left afterwards.

    joblib does the work of a single job in the calling process: one worker is a pool for two, of which one is started.
    """
    with environment(ONE_THREAD), _managed_silently():
        from joblib import Parallel, delayed
        from joblib.externals.loky import BrokenProcessPool, get_reusable_executor
        from joblib.externals.loky.backend import resource_tracker

        def results(task: Task, wave: Sequence[int]) -> Generator[str]:
            try:
                yield from parallel(delayed(answer)(tuple(task), index) for index in wave)
            except BrokenProcessPool as error:
                raise WorkerLost(str(error).partition("\n")[0]) from error

        parallel = Parallel(
            n_jobs=max(2, workers),
            backend="loky",
            return_as="generator_unordered",
            pre_dispatch="all",
            batch_size=1,
            initializer=end_with_parent,
            initargs=(os.getpid(),),
        )
        start_quietly(resource_tracker)
        try:
            with ExitStack() as stack:
                with shielded():
                    stack.enter_context(parallel)
                    get_reusable_executor(max_workers=workers, reuse=True)
                    list(parallel([delayed(int)()]))  # starts them
                yield Pool(workers, results)
        finally:
            get_reusable_executor(reuse=True).shutdown(wait=True, kill_workers=True)


@contextmanager
def _managed_silently() -> Iterator[None]:
    """loky's thread raises KeyError once it has killed its workers while more tasks wait than it had handed out."""
    before = threading.excepthook

    def hook(args: threading.ExceptHookArgs) -> None:
        if not (args.exc_type is KeyError and args.thread is not None and args.thread.name == "ExecutorManagerThread"):
            before(args)

    threading.excepthook = hook
    try:
        yield
    finally:
        threading.excepthook = before
