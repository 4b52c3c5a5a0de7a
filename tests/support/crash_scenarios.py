"""All scenarios by name."""

from __future__ import annotations

from support.crash_scenario import Scenario, named
from support.crash_scenarios_accounts import ACCOUNTS_SCENARIOS
from support.crash_scenarios_money import MONEY_SCENARIOS
from support.crash_scenarios_rescues import RESCUES_SCENARIOS

SCENARIOS: dict[str, Scenario] = named([*ACCOUNTS_SCENARIOS, *RESCUES_SCENARIOS, *MONEY_SCENARIOS])
