"""Whether the series that a run would load can be trusted, and which tool calls would mend them."""

from btcli.market.health.check import DataHealthCheck, check_health
from btcli.market.health.findings import GapRange, SanityIssue
from btcli.market.health.plan import PlannedCall, heal_plan
from btcli.market.health.report import CoverageInfo, HealthReport, SeriesHealth

__all__ = [
    "CoverageInfo",
    "DataHealthCheck",
    "GapRange",
    "HealthReport",
    "PlannedCall",
    "SanityIssue",
    "SeriesHealth",
    "check_health",
    "heal_plan",
]
