"""Enforces what a policy asks of the caller: roles, scopes, TOTP, verification, step-up.  Nothing is read.

Whose resource a path names is enforced by the service that loads it.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from supportcarr.contracts.actors import Principal
from supportcarr.contracts.errors import Forbidden, PhoneNotVerified, StepUpRequired, TotpRequired
from supportcarr.contracts.policies import Policy


def asks_for_more_than_a_session(policy: Policy) -> bool:
    """Whether ``authorize`` may refuse a person who is signed in, verified, and not an operator."""
    return policy.roles is not None or policy.verified or policy.step_up


def authorize(policy: Policy, principal: Principal | None, *, wall: Callable[[], float] = time.time) -> None:
    """Refuse a caller whom the policy does not allow.

    *principal* is ``None`` on public routes only.  Raises ``Forbidden``, ``TotpRequired``,
    ``PhoneNotVerified``, ``StepUpRequired``.
    """
    if policy.public:
        return
    if principal is None or (policy.roles is not None and policy.roles.isdisjoint(principal.roles)):
        raise Forbidden
    if principal.partner_id is not None:
        _authorize_key(policy, principal)
        return
    if principal.lacks_totp and not policy.before_totp:
        raise TotpRequired
    if policy.verified and not principal.verified:
        raise PhoneNotVerified
    if policy.step_up and principal.stepped_up_until <= wall():
        raise StepUpRequired


def _authorize_key(policy: Policy, principal: Principal) -> None:
    if policy.roles is None:
        raise Forbidden("This is for people; a partner's key cannot call it")
    missing = sorted(policy.scopes - principal.scopes)
    if missing:
        raise Forbidden(f"This key lacks the scope {', '.join(missing)}")
