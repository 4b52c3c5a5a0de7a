"""How the emulator misbehaves: settings that tests change while it runs."""

from __future__ import annotations

import random
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

Count = Annotated[int, Meta(ge=0, le=100_000)]


class FailureRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The next *count* requests do nothing and return *status*.

    A 500 is stored under the idempotency key, as Stripe does; other statuses are returned before the
    key is looked up.
    """

    count: Count
    status: Annotated[int, Meta(ge=400, le=599)] = 503


class Behaviour(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The current misbehaviour; none by default.

    ``timeout_next``: that many requests are carried out but get no response.
    ``delay_ms``: delay of every response.
    ``reorder_webhooks``: webhooks due within the same half second are sent in reverse order.
    """

    decline_rate: Annotated[float, Meta(ge=0, le=1)] = 0.0
    timeout_next: Count = 0
    delay_ms: Count = 0
    fail_next: FailureRule = FailureRule(0)
    duplicate_webhooks: bool = False
    late_webhooks_ms: Count = 0
    reorder_webhooks: bool = False
    drop_webhooks: bool = False

    def apply(self, change: BehaviourChange) -> None:
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

    def should_decline(self) -> bool:
        """Whether this payment must be declined, whatever the card."""
        return random.random() < self.decline_rate  # noqa: S311 - not used for secrets

    def delivery_times(self, now: float) -> list[float]:
        """The times (Unix, seconds) at which a webhook created at *now* is sent: none, one or two."""
        if self.drop_webhooks:
            return []
        due = now + self.late_webhooks_ms / 1000
        if self.reorder_webhooks:
            elapsed = due % 0.5  # within the current half second
            due += 2 * (0.5 - elapsed)
        return [due, due] if self.duplicate_webhooks else [due]


class BehaviourChange(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Fields to change; fields that are not given keep their value."""

    decline_rate: Annotated[float, Meta(ge=0, le=1)] | UnsetType = UNSET
    timeout_next: Count | UnsetType = UNSET
    delay_ms: Count | UnsetType = UNSET
    fail_next: FailureRule | UnsetType = UNSET
    duplicate_webhooks: bool | UnsetType = UNSET
    late_webhooks_ms: Count | UnsetType = UNSET
    reorder_webhooks: bool | UnsetType = UNSET
    drop_webhooks: bool | UnsetType = UNSET
