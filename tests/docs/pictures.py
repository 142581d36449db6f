"""The terminal picture of the README, drawn from what the commands print for a run of sample data."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from html import unescape
from io import StringIO
from itertools import groupby
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

ROOT = Path(__file__).resolve().parents[2]
PICTURE = ROOT / "docs" / "pictures" / "terminal.svg"
SHOWN = ("show latest", "replay latest")
COLUMNS = 80
BEGUN = ("init first", "data sample", "run --window q1 --pack")
RED, GREEN, YELLOW = (224, 108, 117), (126, 192, 120), (229, 192, 123)
BLUE, MAGENTA, CYAN = (97, 175, 239), (198, 120, 221), (86, 182, 194)
GROUND, LIGHT, WHITE = (24, 26, 31), (214, 218, 224), (255, 255, 255)
HUES = (RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN)
THEME = TerminalTheme(GROUND, LIGHT, [(60, 64, 72), *HUES, LIGHT], [(92, 99, 112), *HUES, WHITE])
FORMAT = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{
  font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px; line-height: {line_height}px;
}}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" /></clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
TEXT = re.compile(r'<text [^>]*?x="(?P<x>[\d.]+)" y="(?P<y>[\d.]+)"[^>]*>(?P<text>[^<]*)</text>')


def printed(words: str, project: Path) -> str:
    """What `btcli WORDS` writes on a terminal of 80 columns, colours included."""
    kept = {name: value for name, value in os.environ.items() if name != "NO_COLOR" and not name.startswith("BTCLI_")}
    switches = {**kept, "PYTHONPATH": str(ROOT), "COLUMNS": str(COLUMNS), "FORCE_COLOR": "1", "TERM": "xterm-256color"}
    command = [sys.executable, "-m", "btcli", *words.split()]
    done = subprocess.run(command, cwd=project, env=switches, capture_output=True, text=True, check=True, timeout=300)
    return done.stdout


def drawn(project: Path) -> str:
    """The picture as SVG, without a word from elsewhere: no font is loaded, and nothing in it is random."""
    console = Console(record=True, width=COLUMNS, file=StringIO(), force_terminal=True, color_system="truecolor")
    for words in SHOWN:
        console.print(Text.assemble(("$ ", "bold green"), (f"btcli {words}", "bold")))
        console.print(Text.from_ansi(printed(words, project)))
        console.print()
    return console.export_svg(title="btcli", theme=THEME, code_format=FORMAT, unique_id="btcli")


def lines_of(svg: str) -> list[str]:
    """What a reader reads in the picture, line by line."""
    found = [(float(each["y"]), float(each["x"]), unescape(each["text"])) for each in TEXT.finditer(svg)]
    rows = groupby(sorted(found), key=lambda piece: piece[0])
    return ["".join(text for _, _, text in row).replace("\xa0", " ").strip() for _, row in rows]


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory() as folder:
        printed(BEGUN[0], Path(folder))
        for step in BEGUN[1:]:
            printed(step, Path(folder) / "first")
        PICTURE.write_text(drawn(Path(folder) / "first"), encoding="utf-8")
