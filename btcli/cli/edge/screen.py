"""The consoles that everything for people passes through, and the panel that errors are shown in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import StringIO
from typing import Any

from rich.box import ROUNDED
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.markup import escape
from rich.panel import Panel
from rich.segment import Segment
from rich.text import Text

from btcli.cli.edge.answer import Answer
from btcli.cli.edge.folding import Folded
from btcli.cli.edge.rendering import Screen, notice_stream
from btcli.cli.edge.tables import Column, WholeWords
from btcli.errors import Problem
from btcli.legible.names import shown_plainly

SHOWN_PROBLEMS = 40
SHOWN_LINES = 24


class PlainConsole(Console):
    """A console that shows what a terminal would obey: control characters of names and texts come out as `\\x1b`.

    It cuts no word: what is longer than a line is left to the terminal, and only lines for a file stay unfolded.
    """

    def print(self, *objects: Any, soft_wrap: bool | None = None, markup: bool | None = None, **named: Any) -> None:
        """Rich's own, which folds between words on a terminal, also where lines are whole elsewhere."""
        if self.is_terminal or not soft_wrap:
            objects = tuple(
                Folded(self.render_str(each, markup=markup, emoji=False) if isinstance(each, str) else each)
                if isinstance(each, str | Text)
                else each
                for each in objects
            )
        super().print(
            *objects,
            soft_wrap=bool(soft_wrap) and not self.is_terminal,
            markup=markup,
            emoji=False,
            crop=False,
            **named,
        )

    def render(self, *given: Any, **named: Any) -> Iterable[Segment]:
        """Rich's own, whose colours and line ends are added later."""
        for segment in super().render(*given, **named):
            plain = segment.text if segment.control else shown_plainly(segment.text)
            yield segment if plain == segment.text else Segment(plain, segment.style)


def on_one_line(text: object) -> str:
    """A name, ready for rich's markup, without line ends."""
    return escape(shown_plainly(str(text)).replace("\n", "\\n").replace("\t", "\\t"))


class _Page(StringIO):
    """A text in memory that rich takes for the screen it will be written on."""

    def __init__(self, screen: Screen) -> None:
        super().__init__()
        self._screen = screen

    def isatty(self) -> bool:
        return self._screen.is_terminal

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._screen.encoding


def console_for(screen: Screen) -> Console:
    """A console whose file collects what is drawn, as it looks on that screen."""
    return PlainConsole(file=_Page(screen), width=screen.width, highlight=False)


def drawn(console: Console) -> str:
    """What such a console has collected."""
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def notices() -> Console:
    """stderr: what is told while work goes on."""
    return PlainConsole(file=notice_stream(), highlight=False)


def show_notices(answer: Answer, console: Console) -> None:
    """Warnings, then the panel of problems."""
    for warning in answer.warnings[:SHOWN_PROBLEMS]:
        console.print(f"[yellow]warning:[/] {escape(warning)}", soft_wrap=True)
    if len(answer.warnings) > SHOWN_PROBLEMS:
        console.print(f"[yellow]warning:[/] … and {len(answer.warnings) - SHOWN_PROBLEMS} more", soft_wrap=True)
    if answer.problems:
        shown = [problem for _, problem in answer.problems]
        console.print(problem_panel(answer.title, shown, answer.exit_code))
        for step in dict.fromkeys(step for problem in shown for step in problem.steps):
            console.print(step, soft_wrap=True, markup=False, highlight=False)  # outside the frame it can be pasted


class ProblemPanel:
    """Problems in a frame; without one where a word is too long for it, such as a path, so that it stays whole."""

    def __init__(self, lines: Text, title: str, exit_code: int) -> None:
        self._lines, self._title, self._exit_code = lines, Text.from_markup(title, emoji=False), exit_code

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        longest = max((cell_len(word) for word in self._lines.plain.split()), default=0)
        if longest > options.max_width - 4:
            yield self._title
            yield Folded(self._lines)
            yield Text(f"exit {self._exit_code}", "red")
            return
        subtitle = f"exit {self._exit_code}"
        yield Panel(
            self._lines, title=self._title, title_align="left", border_style="red", box=ROUNDED, subtitle=subtitle
        )


def problem_panel(title: str, problems: Sequence[Problem], exit_code: int) -> ProblemPanel:
    """Every problem with its place, its sentence and what to do next."""
    lines = Text()
    for number, problem in enumerate(problems[:SHOWN_PROBLEMS]):
        lines.append("\n" if number else "")
        if problem.where:
            lines.append(f"{problem.where} ", style="bold")
        lines.append(problem.message)
        if problem.hint:
            lines.append(f"\n{problem.hint}" if "\n" in problem.hint else f" ({problem.hint})", style="dim")
    if len(problems) > SHOWN_PROBLEMS:
        lines.append(f"\n… and {len(problems) - SHOWN_PROBLEMS} more")
    return ProblemPanel(lines, on_one_line(title), exit_code)


def first_lines(lines: Sequence[str]) -> list[str]:
    """As many lines as one reads; `--json` has them all. The last one is a sum, or as good as any."""
    if len(lines) <= SHOWN_LINES:
        return list(lines)
    return [*lines[: SHOWN_LINES - 2], f"… and {len(lines) - SHOWN_LINES + 1} more", lines[-1]]


def plain_table(*headings: str, right: Sequence[str] = ()) -> WholeWords:
    """A table without frames, whose columns named in `right` hold numbers."""
    return WholeWords([Column(heading, heading in right, heading in right) for heading in headings])
