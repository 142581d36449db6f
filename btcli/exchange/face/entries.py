"""The entries that are called from here, by their names: rules are loaded where there is no machine code of them."""

from __future__ import annotations

from btcli.exchange.machine.compiled import entry_of

DRIVER, PHASES = "btcli.exchange.driver", "btcli.exchange.phases"

drive = entry_of(f"{DRIVER}.drive", "drive", 3)
drive_together = entry_of(f"{DRIVER}.drive", "drive_together", 4)
observe = entry_of(f"{DRIVER}.observe", "observe", 2)
run_recipe = entry_of(f"{DRIVER}.machine", "run_recipe", 1)
has_room_to_tell = entry_of(f"{PHASES}.decision", "has_room_to_tell", 1)
submit_entry = entry_of(f"{PHASES}.decision", "submit_entry", 1)
submit_close = entry_of(f"{PHASES}.decision", "submit_close", 1)
add_margin = entry_of(f"{PHASES}.decision", "add_margin", 2)
cancel_orders = entry_of(f"{PHASES}.withdrawing", "cancel_orders", 2)
