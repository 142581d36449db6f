"""A progress bar on stderr: on a terminal only, gone when done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import TaskID

Progress = Callable[[int, int], None]  # steps done, steps in all
FEW = 9.95  # of trials a second, whose tenths are worth telling


@contextmanager
def progress_bar(label: str, *, quiet: bool) -> Iterator[Progress | None]:
    """Yields what long work may call before its first step and after each chunk; None where nobody watches."""
    if quiet or not _is_watched():
        yield None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from btcli.cli.edge.screen import notices

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=notices(), transient=True) as bar:
        task = bar.add_task(label, total=None)

        def show(done: int, total: int) -> None:
            notice = None if done else _notice()
            if notice:
                bar.update(task, description=notice, refresh=True)
            else:
                bar.update(task, description=label, completed=done, total=total)

        yield show


def _is_watched() -> bool:
    from btcli.cli.edge.rendering import notice_stream

    stream = notice_stream()
    return stream is not None and stream.isatty()


def _notice() -> str | None:
    """What the first step waits for, if for anything."""
    from btcli.workflows.run.compiling import compiling_notice

    return compiling_notice()


class FetchingBar:
    """What a sync calls after each page: rows, rows a second and the time left, drawn from the first page on."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        from btcli.cli.edge.screen import notices

        rate = TextColumn("{task.fields[rate]:,.0f} rows/s")
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), rate, TimeRemainingColumn())
        self._bar = Progress(*columns, console=notices(), transient=True)
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, label: str, done: int, total: int) -> None:
        """Draw that `done` of `total` rows have come."""
        if label not in self._tasks:
            self._tasks[label] = self._bar.add_task(label, total=total, rate=0.0)
        self._bar.start()
        speed = next(task.speed for task in self._bar.tasks if task.id == self._tasks[label])
        self._bar.update(self._tasks[label], completed=done, total=total, rate=speed or 0.0)

    def pause(self) -> None:
        """Leave the screen to a question, or for good."""
        self._bar.stop()


@contextmanager
def fetching_bar(*, quiet: bool) -> Iterator[FetchingBar | None]:
    """The bar of a sync on a terminal; None where nobody watches."""
    if quiet or not _is_watched():
        yield None
        return
    bar = FetchingBar()
    try:
        yield bar
    finally:
        bar.pause()


class SweepingBar:
    """What a sweep calls after each trial: how many are done, trials a second, the time left, and the best so far."""

    def __init__(self, label: str, by: str) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        from btcli.cli.edge.screen import notices

        rate = TextColumn("{task.fields[rate]} trials/s")
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            rate,
            TimeRemainingColumn(),
            TextColumn("{task.fields[best]}", markup=False),
        )
        self._label, self._by = label, by
        self._bar = Progress(*columns, console=notices(), transient=True)
        self._task = self._bar.add_task(label, total=None, rate="0", best="")

    def __call__(self, done: int, trials: int, best: float | None) -> None:
        """Draw that `done` of `trials` are done."""
        self._bar.start()
        speed = self._bar.tasks[0].speed or 0.0
        rate = f"{speed:,.1f}" if speed < FEW else f"{speed:,.0f}"
        said = "" if best is None else f"best {self._by} {best:,.4g}"
        self._bar.update(self._task, description=self._label, completed=done, total=trials, rate=rate, best=said)

    def notice(self, what: str) -> None:
        """Draw what takes a while, until the next trial is done."""
        self._bar.update(self._task, description=what)
        self._bar.start()
        self._bar.refresh()

    def pause(self) -> None:
        """Leave the screen to a question, or for good."""
        self._bar.stop()


@contextmanager
def sweeping_bar(label: str, by: str, *, quiet: bool) -> Iterator[SweepingBar | None]:
    """The bar of a sweep on a terminal; None where nobody watches."""
    if quiet or not _is_watched():
        yield None
        return
    bar = SweepingBar(label, by)
    try:
        yield bar
    finally:
        bar.pause()
