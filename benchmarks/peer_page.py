"""Writes the figures of `make bench-peers` into docs/performance.md, between its two marks, and draws the plot.

`python benchmarks/peer_page.py FIGURES.json [NOTE]`; a NOTE, such as that the machine was busy, stands above them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from growth_plot import growth
from measuring import ROOT
from peer_tables import said

PAGE, PLOT = ROOT / "docs" / "performance.md", ROOT / "docs" / "performance_growth.svg"
BEGIN, END = "<!-- figures of make bench-peers: begin -->", "<!-- figures of make bench-peers: end -->"


def main() -> None:
    """Replace the figures and the plot."""
    figures = json.loads(Path(sys.argv[1]).read_text())
    note = [sys.argv[2], ""] if len(sys.argv) > 2 else []
    before, _, rest = PAGE.read_text().partition(BEGIN)
    if END not in rest:
        raise SystemExit(f"{PAGE} has no lines\n{BEGIN}\n{END}")
    PAGE.write_text("\n".join((before + BEGIN, "", *note, *said(figures), "", END)) + rest.partition(END)[2])
    if any(row["symbols"] > 1 for row in figures["rows"]):
        PLOT.write_text(growth(figures["rows"]))


if __name__ == "__main__":
    main()
