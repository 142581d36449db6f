"""The embedded store of candles and funding: one DuckDB file per environment, and the only user of DuckDB.

`reading` is open to everyone; `writing` is for `btcli.tools` alone.
"""
