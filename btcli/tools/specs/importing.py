"""The tool `import_instruments`: specs from files into a dated snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from btcli.config.venues import VENUES
from btcli.errors import RequestError
from btcli.tools.registry import Tool, ToolReport

NAME = "import_instruments"


def import_specs_tool(folder: Path) -> Tool:
    """The tool that writes `instruments/VENUE-DATE.json` below the data folder."""

    def import_instruments(
        paths: Sequence[Path],
        venue: str,
        as_of: str | None = None,
        symbols: Sequence[str] = (),
        dry_run: bool = False,
    ) -> ToolReport:
        from btcli.tools.specs.files import read_specs_files
        from btcli.tools.specs.joining import joined, one_day
        from btcli.tools.specs.snapshots import put_specs, snapshot_path

        if venue not in VENUES:
            raise RequestError(f"{venue!r} is not a venue", hint=f"one of {', '.join(VENUES)}")
        files = read_specs_files(paths, venue)
        day = one_day(files, as_of)
        whole = joined(files, venue, day, symbols)
        path = snapshot_path(folder, venue, day)
        put = put_specs(path, venue, day, whole.specs, dry_run=dry_run)
        end = "nothing was written" if dry_run or not put.is_change else f"written to {path}"
        notes = (*(note for file in files for note in file.notes), *whole.notes)
        details = {"path": path, "day": day, "rules": whole.specs, "notes": notes}
        message = f"{venue} rules of {day}: {put}; {end}"
        return ToolReport(len(put.new) + len(put.changed), (), message, put.is_change and not dry_run, details)

    return Tool(
        NAME, import_instruments, "trading rules and risk tiers from saved answers, or from a file of one's own"
    )
