"""How the Twilio emulator misbehaves: settings that tests change while it runs."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from supportcarr_lab.emulators.stripe.behaviour import Count, FailureRule


class RefusalRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The next *count* messages are refused with that code of Twilio."""

    count: Count
    code: Annotated[int, Meta(ge=10_000, le=99_999)] = 21610


class TwilioBehaviour(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The current misbehaviour; none by default.

    ``timeout_next``: that many requests are carried out but get no response.
    ``fail_next``: requests that fail and do nothing; with ``fail_after`` they are carried out nevertheless.
    ``undelivered_next``: that many messages are accepted but do not arrive.
    """

    timeout_next: Count = 0
    delay_ms: Count = 0
    fail_next: FailureRule = FailureRule(0)
    fail_after: bool = False
    refuse_next: RefusalRule = RefusalRule(0)
    undelivered_next: Count = 0

    def apply(self, change: TwilioBehaviourChange) -> None:
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

    def take_refusal(self) -> int | None:
        """The code with which this message must be refused (counted down), or ``None``."""
        if self.refuse_next.count == 0:
            return None
        self.refuse_next = RefusalRule(self.refuse_next.count - 1, self.refuse_next.code)
        return self.refuse_next.code

    def take_timeout(self) -> bool:
        """Whether this request must get no response (counted down)."""
        if self.timeout_next == 0:
            return False
        self.timeout_next -= 1
        return True

    def take_undelivered(self) -> bool:
        """Whether this message must not arrive (counted down)."""
        if self.undelivered_next == 0:
            return False
        self.undelivered_next -= 1
        return True


class TwilioBehaviourChange(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Fields to change; fields that are not given keep their value."""

    timeout_next: Count | UnsetType = UNSET
    delay_ms: Count | UnsetType = UNSET
    fail_next: FailureRule | UnsetType = UNSET
    fail_after: bool | UnsetType = UNSET
    refuse_next: RefusalRule | UnsetType = UNSET
    undelivered_next: Count | UnsetType = UNSET
