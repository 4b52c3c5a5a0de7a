"""All scenarios by name."""

from __future__ import annotations

from support.crash.scenario import Scenario, by_name
from support.crash.scenarios_accounts import ACCOUNTS_SCENARIOS
from support.crash.scenarios_bikes import BIKE_SCENARIOS
from support.crash.scenarios_checks import CHECK_SCENARIOS
from support.crash.scenarios_documents import DOCUMENT_SCENARIOS
from support.crash.scenarios_files import FILES_SCENARIOS
from support.crash.scenarios_keys import KEY_SCENARIOS
from support.crash.scenarios_money import MONEY_SCENARIOS
from support.crash.scenarios_privacy import PRIVACY_SCENARIOS
from support.crash.scenarios_push import PUSH_SCENARIOS
from support.crash.scenarios_ratings import RATINGS_SCENARIOS
from support.crash.scenarios_rescues import RESCUES_SCENARIOS
from support.crash.scenarios_shifts import SHIFT_SCENARIOS

SCENARIOS: dict[str, Scenario] = by_name(
    [
        *ACCOUNTS_SCENARIOS,
        *RESCUES_SCENARIOS,
        *MONEY_SCENARIOS,
        *PRIVACY_SCENARIOS,
        *KEY_SCENARIOS,
        *FILES_SCENARIOS,
        *BIKE_SCENARIOS,
        *SHIFT_SCENARIOS,
        *DOCUMENT_SCENARIOS,
        *CHECK_SCENARIOS,
        *RATINGS_SCENARIOS,
        *PUSH_SCENARIOS,
    ]
)
