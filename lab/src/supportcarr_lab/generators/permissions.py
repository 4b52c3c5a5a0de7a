"""``docs/permissions.md``: who may call each route, from ``x-policy`` of the OpenAPI document."""

from __future__ import annotations

from typing import Any

from supportcarr.contracts.policies import OWNERSHIP_TEXTS

_HEAD = """# Who may call what

Generated from the policies of the routes; do not edit. Every route declares one policy
(`contracts/policies.py`), and a route without one cannot be declared. The gateway enforces roles, scopes,
TOTP, verification and step-up before it reads anything (`gateway/authorization.py`); the service that loads a
resource enforces whose it is. `tests/integration/api/test_route_walk.py` calls every route as every kind of
actor and compares the responses with this declaration.

- Without a valid token: 401. A role or scope that is not in the table: 403 `forbidden`.
- **Operators** (`support`, `admin`) whose session was not opened with a TOTP code: 403 `totp_required`,
  except where the column "besides" says "before TOTP".
- **verified**: the account's phone number is verified, or 403 `phone_not_verified`.
- **step-up**: a TOTP code was confirmed within five minutes (`POST /auth/step-up`), or 403
  `step_up_required`.
- A resource in the path that is not among those of the column "resources" does not exist for the caller: 404.

| route | who | resources | besides |
|---|---|---|---|
"""


def page(document: dict[str, Any]) -> str:
    """The page for that OpenAPI document."""
    rows = [
        _row(f"{method.upper()} {path}", operation["x-policy"])
        for path, operations in sorted(document["paths"].items())
        for method, operation in operations.items()
    ]
    return _HEAD + "\n".join(rows) + "\n"


def _row(route: str, policy: dict[str, Any]) -> str:
    who = {"anyone": "anyone", "signed_in": "any signed-in person"}.get(policy["access"])
    if who is None:
        who = ", ".join(policy["roles"])
    if policy.get("scopes"):
        who += " with " + ", ".join(f"`{scope}`" for scope in policy["scopes"])
    names = {"verified": "verified", "step_up": "step-up", "before_totp": "before TOTP"}
    besides = ", ".join(text for name, text in names.items() if policy.get(name))
    owner = OWNERSHIP_TEXTS[policy["owner"]] if "owner" in policy else ""
    return f"| `{route}` | {who} | {owner} | {besides} |"
