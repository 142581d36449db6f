"""No screen cuts a word: at any width, numbers and names stand whole on one line, or are longer than the line."""

from __future__ import annotations

import os
import pty
import re
import sys
from io import StringIO
from pathlib import Path

import pytest
from cli_worlds import SYSTEM, say, small_world
from command_line import environment
from hypothesis import given
from hypothesis import strategies as st

from btcli.cli.edge.rendering import Screen, Streams
from btcli.cli.edge.screen import PlainConsole, plain_table, problem_panel
from btcli.cli.edge.tables import SideBySide, named_lines
from btcli.errors import Problem

WIDTHS = (60, 80, 100, 120)
COLOURS = re.compile("\x1b\\[[0-9;]*m|\x1b\\]8;[^\x1b]*\x1b\\\\")
FRAME = "│╭╮╰╯─|█▓░·" + "".join(map(chr, range(0x2800, 0x2900)))  # the curve is as wide as it finds room

TWO = SYSTEM.replace("symbols: [BTCUSDT]", "symbols: [BTCUSDT, ETHUSDT]").replace(
    "system: small", "system: momentum_breakout_of_the_4h_range"
)
TWO = TWO.replace("leverage: 5", "leverage: 5").replace("10000", "123456789.25")


def words_of(text: str) -> list[str]:
    """What stands between blanks, without colours and frames."""
    return [word for word in COLOURS.sub("", text).translate(dict.fromkeys(map(ord, FRAME), " ")).split() if word]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two symbols, a large account, long names, two runs and a rule file."""
    folder = small_world(tmp_path_factory.mktemp("words") / "project")
    (folder / "system.yml").write_text(TWO)
    assert say(folder, "data", "sample").code == 0
    for words in ((), ("--set", "risk.sizing.risk_pct=2.123456")):
        assert say(folder, "run", *words).code in (0, 5)
    (folder / "long").mkdir()
    return folder


SCREENS = [
    ("run",),
    ("show", "latest"),
    ("show", "latest", "--full"),
    ("runs",),
    ("runs", "--system", "nothing"),
    ("trades", "latest", "--limit", "3"),
    ("trades", "latest", "--by", "symbol,side,exit_reason"),
    ("explain", "latest"),
    ("explain", "latest", "--trade", "1"),
    ("replay", "latest"),
    ("preflight",),
    ("heal", "--dry-run"),
    ("data", "list"),
    ("data", "list", "--provenance"),
    ("data", "verify"),
    ("data", "instruments"),
    ("data", "instruments", "--symbol", "BTCUSDT"),
    ("strategies",),
    ("features",),
    ("tools",),
    ("run", "--start", "2025-01-01", "--end", "2025-01-05"),
    ("show", "nothing"),
    ("preflight", "--set", "timeframes.ltf=7m"),
]


def on_a_screen(monkeypatch: pytest.MonkeyPatch, folder: Path, width: int, words: tuple[str, ...]) -> str:
    """What a command shows on a terminal of a width, both streams."""
    screen = Screen(True, "utf-8", width)
    monkeypatch.setattr("btcli.cli.edge.main.streams", lambda: Streams(screen, screen), raising=True)
    said = say(folder, *words)
    return said.out + said.err


@pytest.mark.parametrize("words", SCREENS, ids=" ".join)
def test_every_screen_keeps_its_words(words: tuple[str, ...], project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What one reads at 1,000 columns one reads at 60, 80, 100 and 120: every word of it, whole."""
    wide = set(words_of(on_a_screen(monkeypatch, project, 1000, words))) - {"coverage"}  # a bar of wide screens
    assert len(wide) > 5
    for width in WIDTHS:
        shown = on_a_screen(monkeypatch, project, width, words)
        assert wide - set(words_of(shown)) == set()
        lines = COLOURS.sub("", shown).splitlines()
        assert all(len(line) <= width or " " not in line.strip() for line in lines)


def test_two_runs_side_by_side(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of `diff` too, whose columns are the widest."""
    one, other = sorted(path.name for path in (project / "runs").glob("*/*/*"))
    wide = set(words_of(on_a_screen(monkeypatch, project, 1000, ("diff", one, other))))
    for width in WIDTHS:
        assert wide - set(words_of(on_a_screen(monkeypatch, project, width, ("diff", one, other)))) == set()


def test_a_real_terminal_of_80_columns(project: Path) -> None:
    """`btcli data list` and a plan of a heal, in a process of their own whose terminal is 80 columns wide."""
    for words in (("data", "list"), ("show", "latest"), ("preflight",)):
        lines = COLOURS.sub("", at_a_terminal(project, 80, words)).splitlines()
        assert max(map(len, lines)) <= 80
        cut = [line for line in lines if re.search(r"\d,\d?$", line.rstrip())]
        assert cut == []


def at_a_terminal(folder: Path, width: int, words: tuple[str, ...]) -> str:
    """What a command writes to a terminal."""
    import fcntl
    import struct
    import subprocess
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    kept = {name: value for name, value in environment().items() if name != "COLUMNS"}
    with subprocess.Popen(
        [sys.executable, "-m", "btcli", *words], cwd=folder, env=kept, stdin=theirs, stdout=theirs, stderr=theirs
    ) as child:
        os.close(theirs)
        said = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:
                break
            if not part:
                break
            said += part
        child.wait(timeout=300)
    os.close(ours)
    return said.decode().replace("\r\n", "\n")


def drawn(thing: object, width: int, *, is_terminal: bool = True, **more: object) -> str:
    """What a console shows of it."""
    page = StringIO()
    PlainConsole(file=page, width=width, force_terminal=is_terminal, highlight=False, color_system=None).print(
        thing, **more
    )
    return page.getvalue()


CELLS = st.text("ab1_.,- ", max_size=40).map(lambda text: " ".join(text.split()))
ROWS = st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=6)


@given(rows=ROWS, width=st.integers(10, 120))
def test_no_table_cuts_a_word(rows: list[tuple[str, str, str]], width: int) -> None:
    """Whatever stands in the cells and however narrow the screen: every word comes out whole, as often as it is in."""
    table = plain_table("name of it", "rows", "", right=("rows",))
    pairs = [(row[0], row[1]) for row in rows]
    for row in rows:
        table.add_row(*row)
    expected = sorted(word for row in rows for cell in row for word in cell.split())
    headings = words_of("name of it rows")
    shown = words_of(drawn(table, width))
    assert sorted(word for word in shown if word not in headings) == sorted(w for w in expected if w not in headings)
    for other in (named_lines(pairs), SideBySide(pairs, pairs)):
        assert set(words_of(drawn(other, width))) == {word for pair in pairs for cell in pair for word in cell.split()}


def test_numbers_are_not_folded_and_text_is() -> None:
    """A column of numbers keeps its width, beside it the words give way; by hand at 24 columns."""
    table = plain_table("series", "rows", right=("rows",))
    table.add_row("sample BTCUSDT trade 1m", "1,368,000 1")
    assert drawn(table, 24) == "series              rows\nsample       1,368,000 1\nBTCUSDT\ntrade 1m\n"


def test_rows_that_do_not_fit_become_lines() -> None:
    """Below the width of its words a table is a line per cell, with the heading before it; by hand at 16 columns."""
    table = plain_table("series", "rows", right=("rows",))
    table.add_row("BTCUSDT_perpetual", "1,368")
    table.add_row("ETH", "8")
    assert drawn(table, 16) == "series  BTCUSDT_perpetual\nrows    1,368\n\nseries  ETH\nrows    8\n"


@pytest.mark.parametrize(("is_terminal", "lines"), [(True, 2), (False, 1)])
def test_lines_are_whole_in_files_alone(is_terminal: bool, lines: int) -> None:
    """A line that is one for `grep` is folded between words on a terminal."""
    said = drawn(
        "sync_range bybit BTCUSDT trade 1m: 1 request, 1,368 rows", 50, is_terminal=is_terminal, soft_wrap=True
    )
    assert len(said.splitlines()) == lines
    assert "1,368" in words_of(said)


def test_a_path_that_is_too_long_for_the_frame_loses_the_frame() -> None:
    """So that it can be copied; other problems keep theirs."""
    path = "/home/somebody/" + "very_" * 20 + "long/system.yml:12:3"
    shown = drawn(problem_panel("No", [Problem("is not there", path, "look elsewhere")], 3), 80)
    assert path in words_of(shown)
    assert "╭" not in shown
    assert "exit 3" in shown
    assert "╭" in drawn(problem_panel("No", [Problem("is not there", "system.yml:12:3")], 3), 80)


def test_lines_that_find_no_room_beside_their_name_stand_below_it_alike() -> None:
    """Each is set in as far as the first, as the keys of a sweep on a narrow screen."""
    shown = drawn(named_lines([("varied", "strategy.params.far=1..20\nstrategy.params.hot=1..5")]), 34)
    assert shown == "  varied\n    strategy.params.far=1..20\n    strategy.params.hot=1..5\n"


def test_a_path_that_finds_no_room_beside_its_name_stands_below_it() -> None:
    """By hand at 36 columns: 22 remain beside the names, and the path has 25."""
    shown = drawn(named_lines([("Preflight", "passed"), ("Files", "runs/small/jan/0123456789")]), 36)
    assert shown == "  Preflight   passed\n  Files\n    runs/small/jan/0123456789\n"


def test_a_number_keeps_its_percent() -> None:
    """By hand at 16 columns: "44.9 %" does not end a line as "44.9"."""
    assert drawn("never nearer 44.9 %, 2 of 3", 16, soft_wrap=False) == "never nearer\n44.9 %, 2 of 3\n"


def test_names_between_colons_are_no_pictures() -> None:
    """`mine.py:key:Mine` is what it is, in lines, tables and problems."""
    table = plain_table("use")
    table.add_row("mine.py:key:Mine")
    for thing in ("mine.py:key:Mine", table, problem_panel("No :key:", [Problem(":key:")], 2)):
        assert ":key:" in drawn(thing, 80)


def test_answers_without_rows_are_nothing() -> None:
    """A table without rows shows its headings alone."""
    assert drawn(plain_table("one", "two"), 40) == "one  two\n"
