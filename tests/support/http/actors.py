"""Every kind of actor that may call a route, and what the OpenAPI document promises each of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from support.bans import ban_account
from support.http.forged_tokens import correctly_signed
from support.http.route_calls import ExampleCalls
from support.http.server import new_address
from support.platform.in_process import CheckedClient, Platform
from support.rescues.fixtures import PreparedRescue, RescueFactory, expect
from supportcarr.contracts.actors import SYSTEM
from supportcarr.contracts.audit import Origin

OF_THE_RIDER = frozenset(
    {
        "rescue_id",
        "payment_method_id",
        "notification_id",
        "subscription_id",
        "export_id",
        "session_id",
        "rating_id",
        "place_id",
        "bike_id",
        "file_id",
        "photo_id",
        "link_id",
    }
)
OPERATORS = {"support", "admin"}


@dataclass(frozen=True, slots=True)
class Actor:
    """A client, and what is true of whoever uses it.  ``scopes`` is set for partners' keys only."""

    name: str
    client: CheckedClient
    roles: frozenset[str] = frozenset()
    signed_in: bool = True
    verified: bool = True
    totp: bool = True
    stepped_up: bool = False
    scopes: frozenset[str] | None = None
    owns: frozenset[str] = field(
        default_factory=frozenset
    )  # the parameters of paths whose resources are theirs


def promised_refusal(policy: Mapping[str, Any], actor: Actor) -> tuple[int, str] | None:
    """The status and code with which the gateway refuses that actor by ``x-policy``, if it does."""
    if policy["access"] == "anyone":
        return None
    if not actor.signed_in:
        return 401, "unauthenticated"
    if actor.scopes is not None:
        allowed = policy["access"] == "partner" and set(policy.get("scopes", ())) <= actor.scopes
        return None if allowed else (403, "forbidden")
    if "roles" in policy and actor.roles.isdisjoint(policy["roles"]):
        return 403, "forbidden"
    if actor.roles & OPERATORS and not actor.totp and not policy.get("before_totp"):
        return 403, "totp_required"
    if policy.get("verified") and not actor.verified:
        return 403, "phone_not_verified"
    if policy.get("step_up") and not actor.stepped_up:
        return 403, "step_up_required"
    return None


def with_claims(platform: Platform, person: CheckedClient, **claims: Any) -> CheckedClient:
    """The same person with a token that has other claims."""
    client = CheckedClient(platform.api, platform.contract, new_address(), person.grant)
    client.token = correctly_signed(person, **claims)
    return client


async def every_kind_of_actor(calls: ExampleCalls, factory: RescueFactory) -> dict[str, Actor]:
    """Actors by name.  The owners are those of the resources in *calls*."""
    platform = calls.platform
    other: PreparedRescue = await factory.assigned()
    both = await factory.driver("rider")
    signed_out = await platform.person("rider", "driver", "support", "admin")
    expect(await signed_out.post("/auth/sign-out"), 204)
    banned = await platform.person("rider", "driver", "admin")
    await ban_account(platform.container.store, platform.container.auth, banned.user_id)
    rider, driver = calls.arrived.rider, calls.arrived.assigned_driver
    support, admin = await platform.person("support"), await platform.person("admin")

    def person(name: str, client: CheckedClient, *roles: str, **given: Any) -> Actor:
        return Actor(name, client, frozenset(roles), **given)

    without_scope = platform.anonymous()
    partners, partner_id = platform.container.partners, calls.ids["partner_id"]
    other_key = await partners.create_key(SYSTEM, partner_id, "live", ["quotes:write"], None, Origin())
    without_scope.token = other_key.key
    for client, status in ((calls.partner, 200), (without_scope, 403)):
        expect(await client.get("/partner/me"), status)  # notes the first use of the key
    actors = [
        Actor("a partner's key", calls.partner, frozenset({"partner"}), scopes=frozenset({"account:read"})),
        Actor(
            "a partner's key without the scope",
            without_scope,
            frozenset({"partner"}),
            scopes=frozenset({"quotes:write"}),
        ),
        person("nobody", platform.anonymous(), signed_in=False),
        person("signed out", signed_out, "rider", "driver", "support", "admin", signed_in=False),
        person("banned", banned, "rider", "driver", "admin", signed_in=False),
        person("a person without a role", await platform.person()),
        person(
            "the rider",
            rider,
            "rider",
            owns=OF_THE_RIDER,
        ),
        person("the driver", driver, "driver", owns=frozenset({"rescue_id", "vehicle_id"})),
        person(
            "the driver with the offer", calls.offered.assigned_driver, "driver", owns=frozenset({"offer_id"})
        ),
        person("another rider", other.rider, "rider"),
        person("another driver", other.assigned_driver, "driver"),
        person("another rider who drives", both, "rider", "driver"),
        person(
            "an unverified rider",
            with_claims(platform, rider, vfd=False),
            "rider",
            verified=False,
            owns=OF_THE_RIDER,
        ),
        person(
            "support without TOTP",
            with_claims(platform, support, totp=False),
            "support",
            totp=False,
            stepped_up=True,
        ),
        person("support with TOTP", with_claims(platform, support, sup=0), "support"),
        person("support after a step-up", support, "support", stepped_up=True),
        person(
            "an admin without TOTP",
            with_claims(platform, admin, totp=False),
            "admin",
            totp=False,
            stepped_up=True,
        ),
        person("an admin with TOTP", with_claims(platform, admin, sup=0), "admin"),
        person("an admin after a step-up", admin, "admin", stepped_up=True),
        person(
            "a rider who is an operator",
            with_claims(platform, rider, roles=["rider", "support"], totp=False),
            "rider",
            "support",
            totp=False,
            owns=OF_THE_RIDER,
        ),
    ]
    return {actor.name: actor for actor in actors}
