"""How the emulator of checks misbehaves: settings that tests change while it runs."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from supportcarr_lab.emulators.stripe.behaviour import Count, FailureRule

Webhooks = Literal["once", "twice", "reversed", "never"]


class CheckBehaviour(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The current misbehaviour; none by default.

    ``result_ms``: how long a report takes.
    ``timeout_next``: that many requests are carried out but get no response.
    ``fail_next``: requests that fail and do nothing; with ``fail_after`` they are carried out nevertheless.
    ``refuse_next``: that many reports are refused for good.
    ``webhooks``: each ``once`` or ``twice``; ``reversed``: the first one of a report comes last; ``never``.
    """

    result_ms: Count = 500
    delay_ms: Count = 0
    timeout_next: Count = 0
    fail_next: FailureRule = FailureRule(0)
    fail_after: bool = False
    refuse_next: Count = 0
    webhooks: Webhooks = "once"

    def apply(self, change: CheckBehaviourChange) -> None:
        """Set the fields that *change* names."""
        for name in change.__struct_fields__:
            value: Any = getattr(change, name)
            if value is not UNSET:
                setattr(self, name, value)

    def take_failure(self) -> int | None:
        """The status with which this request must fail (counted down), or ``None``."""
        if self.fail_next.count == 0:
            return None
        self.fail_next = FailureRule(self.fail_next.count - 1, self.fail_next.status)
        return self.fail_next.status

    def take_timeout(self) -> bool:
        """Whether this request must get no response (counted down)."""
        if self.timeout_next == 0:
            return False
        self.timeout_next -= 1
        return True

    def take_refusal(self) -> bool:
        """Whether this report must be refused (counted down)."""
        if self.refuse_next == 0:
            return False
        self.refuse_next -= 1
        return True


class CheckBehaviourChange(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Fields to change; fields that are not given keep their value."""

    result_ms: Count | UnsetType = UNSET
    delay_ms: Count | UnsetType = UNSET
    timeout_next: Count | UnsetType = UNSET
    fail_next: FailureRule | UnsetType = UNSET
    fail_after: bool | UnsetType = UNSET
    refuse_next: Count | UnsetType = UNSET
    webhooks: Webhooks | UnsetType = UNSET
