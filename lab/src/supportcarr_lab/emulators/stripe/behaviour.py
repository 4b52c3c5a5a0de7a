"""How the emulator misbehaves, on demand."""

from __future__ import annotations

import random
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

Count = Annotated[int, Meta(ge=0, le=100_000)]


class FailureRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The next *count* requests answer *status* and do nothing.

    500 is kept under the idempotency key, as Stripe keeps it; others are refused before that.
    """

    count: Count
    status: Annotated[int, Meta(ge=400, le=599)] = 503


class Behaviour(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What is wrong at the moment; nothing by default.

    ``timeout_next`` requests are carried out but never answered.  ``delay_ms`` slows every answer.
    ``reorder_webhooks`` sends what falls into one half second backwards.
    """

    decline_rate: Annotated[float, Meta(ge=0, le=1)] = 0.0
    timeout_next: Count = 0
    delay_ms: Count = 0
    fail_next: FailureRule = FailureRule(0)
    duplicate_webhooks: bool = False
    late_webhooks_ms: Count = 0
    reorder_webhooks: bool = False
    drop_webhooks: bool = False

    def apply(self, wanted: BehaviourChange) -> None:
        """Take over what is set."""
        for name in wanted.__struct_fields__:
            value: Any = getattr(wanted, name)
            if value is not UNSET:
                setattr(self, name, value)

    def take_failure(self) -> int | None:
        """The status that this request must fail with, if any."""
        if self.fail_next.count == 0:
            return None
        self.fail_next = FailureRule(self.fail_next.count - 1, self.fail_next.status)
        return self.fail_next.status

    def take_timeout(self) -> bool:
        """True if this request must not be answered."""
        if self.timeout_next == 0:
            return False
        self.timeout_next -= 1
        return True

    def should_decline(self) -> bool:
        """True if this payment must be declined, whatever the card."""
        return random.random() < self.decline_rate  # noqa: S311 - chance, not secrecy

    def delivery_times(self, now: float) -> list[float]:
        """When a webhook that is due now shall be sent, each time."""
        if self.drop_webhooks:
            return []
        due = now + self.late_webhooks_ms / 1000
        if self.reorder_webhooks:
            into = due % 0.5
            due += 0.5 - into + (0.5 - into)
        return [due, due] if self.duplicate_webhooks else [due]


class BehaviourChange(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What shall be different; what is not named stays."""

    decline_rate: Annotated[float, Meta(ge=0, le=1)] | UnsetType = UNSET
    timeout_next: Count | UnsetType = UNSET
    delay_ms: Count | UnsetType = UNSET
    fail_next: FailureRule | UnsetType = UNSET
    duplicate_webhooks: bool | UnsetType = UNSET
    late_webhooks_ms: Count | UnsetType = UNSET
    reorder_webhooks: bool | UnsetType = UNSET
    drop_webhooks: bool | UnsetType = UNSET
