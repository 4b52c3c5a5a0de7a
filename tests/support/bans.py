"""Bans, without the rules for operators."""

from __future__ import annotations

from supportcarr.auth.collections import USERS
from supportcarr.auth.model import ban, lift_ban
from supportcarr.auth.service import AuthService
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.port import Store
from supportcarr.kit.store.update import update, without_events


async def ban_account(store: Store, auth: AuthService, user_id: str) -> None:
    """Ban an account, whatever its roles, and end its sessions in every process."""
    now = Clock().wall()
    user = await update(store.collection(USERS), user_id, without_events(lambda user: ban(user, now)))
    await auth.sessions.publish_end_of_tokens(user)


async def lift_ban_of(store: Store, user_id: str) -> None:
    await update(store.collection(USERS), user_id, without_events(lift_ban))
