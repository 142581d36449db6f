"""What workers find around them when they start, and what of them is kept away from the calling process."""

from __future__ import annotations

import logging
import os
import signal
import warnings
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType

ONE_THREAD = dict.fromkeys(
    (
        "POLARS_MAX_THREADS",
        "NUMBA_NUM_THREADS",
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "ARROW_IO_THREADS",
    ),
    "1",
)


@contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    """These variables for the processes that are started meanwhile; afterwards everything is as it was before.

    Engines set variables of their own in the calling process: those are gone afterwards, too.
    """
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        for name in os.environ.keys() - before.keys():
            del os.environ[name]
        os.environ.update(before)


@contextmanager
def shielded() -> Iterator[None]:
    """Processes and threads that are started meanwhile never hear of Ctrl-C; the calling thread does, afterwards."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    from multiprocessing import resource_tracker

    start_quietly(resource_tracker)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def start_quietly(resource_tracker: ModuleType) -> None:
    """Start the process that clears up behind killed workers, if it does not run, and says that it did.

    Whoever starts it hears of Ctrl-C from then on, blocked or not.
    """
    with environment({"PYTHONWARNINGS": "ignore"}):
        resource_tracker.ensure_running()


@contextmanager
def quiet(*names: str) -> Iterator[None]:
    """What these libraries log reaches the screen of nobody meanwhile."""
    known = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] in names]
    loggers = [logging.getLogger(name) for name in {*names, *known}]
    before = [(logger, logger.level) for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in before:
            logger.setLevel(level)


@contextmanager
def closed_quietly(results: Generator[str]) -> Iterator[Generator[str]]:
    """Results that may not be asked for to their end, which is nothing to be warned of."""
    try:
        yield results
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            results.close()
