"""Systems to start from: the files of `configs/`, which a wheel carries inside the package."""

from __future__ import annotations

from pathlib import Path

from btcli import __file__ as package
from btcli.config.findings import did_you_mean
from btcli.errors import RequestError
from btcli.frozen import frozen

FOLDER = "configs"
SCHEMA_LINE = "# yaml-language-server:"


@frozen
class Template:
    """A system file by its name: the first line of its head says what it is."""

    name: str
    text: str

    @property
    def summary(self) -> str:
        """The first comment that is for people."""
        comments = (line for line in self.text.splitlines() if line.startswith("# "))
        return next(line.removeprefix("# ") for line in comments if not line.startswith(SCHEMA_LINE))


def template_files() -> list[Path]:
    """The files by name: of an installed package those in it, of a checkout those beside it."""
    root = Path(package).parent
    folder = next((each for each in (root / FOLDER, root.parent / FOLDER) if each.is_dir()), root)
    return sorted(folder.glob("*.yml"))


def templates() -> tuple[Template, ...]:
    """All of them, by name."""
    return tuple(Template(path.stem, path.read_text(encoding="utf-8")) for path in template_files())


def template_named(name: str) -> Template:
    """The template of a name; raises RequestError with the names that there are."""
    found = {each.name: each for each in templates()}
    if name in found:
        return found[name]
    hint = "; ".join(filter(None, (did_you_mean(name, found), f"there are {', '.join(found)}")))
    raise RequestError(f"there is no template {name!r}", where="--template", hint=hint)
