"""Sessions of operators as they are after a sign-in with a TOTP code and a step-up."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from supportcarr.auth.access_tokens import AccessTokens
from supportcarr.auth.collections import SESSIONS
from supportcarr.auth.session_service import Grant
from supportcarr.contracts.actors import OPERATOR_ROLES
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.port import Store


async def proved(grant: Grant, store: Store, tokens: AccessTokens, clock: Clock) -> Grant:
    """The grant with what operators need; that of anybody else as it is.

    How they get it is tested in ``tests/integration/api/test_two_factor.py``.
    """
    if OPERATOR_ROLES.isdisjoint(grant.user.roles):
        return grant
    sessions = store.collection(SESSIONS)
    session = await sessions.get(grant.session_id)
    assert session is not None
    until = clock.wall() + timedelta(minutes=5)
    session = await sessions.save(msgspec.structs.replace(session, totp=True, stepped_up_until=until))
    return msgspec.structs.replace(grant, access_token=tokens.issue_for(grant.user, session))
