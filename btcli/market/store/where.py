"""Where a store lies, which one of its folder is meant, and how long to wait for whoever holds it."""

from __future__ import annotations

import shlex
from pathlib import Path

from btcli.frozen import frozen

FOLDER, ENV = Path("data"), "live"  # what is meant when nothing is said
PATIENCE_S = 30.0


@frozen
class Store:
    """The store of an environment ("live" or "demo") in a data folder; its lock is waited for `patience_s` seconds."""

    folder: Path
    env: str = ENV
    patience_s: float = PATIENCE_S

    @property
    def path(self) -> Path:
        """The store's file, whether it is there or not."""
        return self.folder / f"market_{self.env}.duckdb"

    @property
    def options(self) -> str:
        """For commands to paste, as " --data /srv/store --env demo"; nothing of what is meant anyway."""
        data = Stores(self.folder).options
        return data if self.env == ENV else f"{data} --env {self.env}"


@frozen
class Stores:
    """The stores of a data folder, where the environment is still to be said: by a system or by a recorded run."""

    folder: Path
    patience_s: float = PATIENCE_S

    def of(self, env: str) -> Store:
        """The one of an environment."""
        return Store(self.folder, env, self.patience_s)

    @property
    def options(self) -> str:
        """For commands whose system says the environment, as " --data /srv/store"; nothing of what is meant anyway."""
        return "" if self.folder == FOLDER else f" --data {shlex.quote(str(self.folder))}"
