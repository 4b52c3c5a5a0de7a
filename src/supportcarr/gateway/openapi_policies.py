"""Says in OpenAPI who may call a route: its security requirement, ``x-policy``, and a sentence."""

from __future__ import annotations

from typing import Any

from supportcarr.contracts.policies import OWNERSHIP_TEXTS, Policy

Json = dict[str, Any]

SECURITY_SCHEMES: Json = {
    "accessToken": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The access token of a person's session",
    },
    "partnerKey": {
        "type": "http",
        "scheme": "bearer",
        "description": "A partner's API key: `sc_test_…` or `sc_live_…`",
    },
}

OF_PERSONS: list[Json] = [{"accessToken": []}]  # the security requirement unless an operation says otherwise


def takes_keys(policy: Policy) -> bool:
    """Whether partners' keys may call the route."""
    return policy.roles is not None and "partner" in policy.roles


def security_of(policy: Policy) -> list[Json]:
    """The operation's security requirements; any one of them is enough."""
    if policy.public:
        return []
    if takes_keys(policy):
        return [{"partnerKey": sorted(policy.scopes)}]
    return OF_PERSONS


def extension_of(policy: Policy) -> Json:
    """``x-policy``: what the gateway and the services enforce.  What does not apply is left out."""
    if policy.public:
        return {"access": "anyone"}
    access = "partner" if takes_keys(policy) else "signed_in" if policy.roles is None else "roles"
    extension: Json = {"access": access}
    if policy.roles is not None:
        extension["roles"] = sorted(policy.roles)
    if policy.scopes:
        extension["scopes"] = sorted(policy.scopes)
    if policy.owner is not None:
        extension["owner"] = policy.owner
    for name in ("verified", "step_up", "before_totp"):
        if getattr(policy, name):
            extension[name] = True
    return extension


def sentences_of(policy: Policy) -> list[str]:
    """The same for people."""
    if policy.public:
        return []
    found = []
    if policy.roles is not None:
        found.append("Roles: " + ", ".join(sorted(policy.roles)) + ".")
    if policy.scopes:
        found.append("Scopes: " + ", ".join(f"`{scope}`" for scope in sorted(policy.scopes)) + ".")
    if policy.owner is not None:
        found.append(f"Resources: {OWNERSHIP_TEXTS[policy.owner]}; any other is 404.")
    if policy.verified:
        found.append("The account's phone number must be verified.")
    if policy.step_up:
        found.append("Needs a step-up within the last five minutes.")
    if policy.before_totp:
        found.append("Operators may call it before they have enrolled TOTP.")
    return found
