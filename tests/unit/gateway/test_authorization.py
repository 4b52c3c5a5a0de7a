"""What a policy asks of the caller, case by case."""

from __future__ import annotations

from typing import Any

import pytest

from supportcarr.contracts.actors import Principal
from supportcarr.contracts.errors import Forbidden, PhoneNotVerified, StepUpRequired, TotpRequired
from supportcarr.contracts.policies import ADMINS, ANYONE, OPERATORS, RIDER, SIGNED_IN, Policy, partner_key
from supportcarr.contracts.routing import Response, Route
from supportcarr.gateway.authorization import asks_for_more_than_a_session, authorize

NOW = 1000.0
BEFORE_TOTP = Policy(None, before_totp=True)
READ = partner_key("rescues:read")


def person(*roles: str, **given: Any) -> Principal:
    return Principal("usr_1", frozenset(roles), "ses_1", **given)


def key(*scopes: str) -> Principal:
    return Principal(
        "prt_1", frozenset({"partner"}), "key_1", scopes=frozenset(scopes), partner_id="prt_1", key_id="key_1"
    )


RIDER_PERSON, UNVERIFIED = person("rider", totp=True), person("rider", totp=True, verified=False)
NEW_ADMIN, ADMIN = person("admin"), person("admin", totp=True)
STEPPED_UP = person("admin", totp=True, stepped_up_until=NOW + 1)
NO_LONGER = person("admin", totp=True, stepped_up_until=NOW)

CASES = [
    (ANYONE, None, None),
    (ANYONE, NEW_ADMIN, None),
    (ANYONE, key(), None),
    (SIGNED_IN, RIDER_PERSON, None),
    (SIGNED_IN, person("rider"), None),  # a person who is no operator needs no TOTP
    (SIGNED_IN, UNVERIFIED, None),
    (SIGNED_IN, NEW_ADMIN, TotpRequired),
    (SIGNED_IN, person("rider", "support"), TotpRequired),
    (BEFORE_TOTP, NEW_ADMIN, None),
    (SIGNED_IN, key("rescues:read"), Forbidden),
    (BEFORE_TOTP, key(), Forbidden),
    (RIDER, person("driver"), Forbidden),
    (RIDER, UNVERIFIED, None),
    (RIDER.when_verified(), UNVERIFIED, PhoneNotVerified),
    (RIDER.when_verified(), RIDER_PERSON, None),
    (RIDER, key("rescues:read"), Forbidden),
    (OPERATORS, NEW_ADMIN, TotpRequired),
    (OPERATORS, ADMIN, None),
    (ADMINS.after_step_up(), ADMIN, StepUpRequired),
    (ADMINS.after_step_up(), NO_LONGER, StepUpRequired),
    (ADMINS.after_step_up(), STEPPED_UP, None),
    (ADMINS.after_step_up(), person("support", totp=True, stepped_up_until=NOW + 1), Forbidden),
    (READ, key("rescues:read", "quotes:write"), None),
    (READ, key("quotes:write"), Forbidden),
    (READ, ADMIN, Forbidden),
    (partner_key(), key(), None),
]


@pytest.mark.parametrize(("policy", "principal", "error"), CASES)
def test_a_policy_allows_those_whom_it_names(
    policy: Policy, principal: Principal | None, error: type[Forbidden] | None
) -> None:
    if error is None:
        authorize(policy, principal, wall=lambda: NOW)
        return
    with pytest.raises(error) as refused:
        authorize(policy, principal, wall=lambda: NOW)
    assert type(refused.value) is error


@pytest.mark.parametrize(("policy", "principal", "error"), CASES)
def test_the_pipeline_skips_only_checks_that_cannot_refuse(
    policy: Policy, principal: Principal | None, error: type[Forbidden] | None
) -> None:
    """It calls ``authorize`` for such routes, and for every caller without TOTP (keys have none)."""
    asked = asks_for_more_than_a_session(policy) or not (principal is None or principal.totp)
    assert asked or error is None


async def nothing(_: Any) -> Response:
    return Response()


def declare(path: str, policy: Any) -> Route:
    return Route(method="GET", path=path, handler=nothing, summary="", policy=policy, tag="test")


def test_a_route_without_a_policy_cannot_be_declared() -> None:
    with pytest.raises(TypeError, match="GET /widgets has no policy"):
        declare("/widgets", None)


def test_a_path_that_names_a_resource_needs_a_policy_that_says_whose() -> None:
    with pytest.raises(ValueError, match="the policy must say whose"):
        declare("/widgets/{widget_id}", SIGNED_IN)
    declare("/widgets/{widget_id}", SIGNED_IN.of("caller"))
    declare("/widgets/{widget_id}", ANYONE)
