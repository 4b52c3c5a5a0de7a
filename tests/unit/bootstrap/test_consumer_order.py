"""The order in which the consumers of an event are called: by the phase that each declares."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from supportcarr.bootstrap.commands import container_without_servers
from supportcarr.contracts.events import (
    AnyEvent,
    DriverStandingChanged,
    MatchingBegan,
    MessageSent,
    OfferMade,
    PasswordChanged,
    PaymentProcessed,
    PhoneChanged,
    RatingShown,
    RatingsOpened,
    RescueAssigned,
    RescueCompleted,
    RescuePhotoTaken,
    RescueRequested,
    SmsCodeRequested,
    UserSignedUp,
)
from supportcarr.kit.events.consumer import Consumer, Phase

ORDER: dict[type[Any], list[str]] = {
    UserSignedUp: ["drivers.open_profile", "auth.index_name"],
    SmsCodeRequested: ["auth.send_sms_code"],
    PasswordChanged: ["notifications.notify"],
    PhoneChanged: ["notifications.notify", "auth.tell_old_phones"],
    DriverStandingChanged: ["dispatch.follow_drivers", "notifications.notify"],
    RescueRequested: [
        "rescues.confirm_claim",
        "operations.update_read_model",
        "realtime.publish",
        "notifications.notify",
        "payments.hold",
    ],
    MatchingBegan: [
        "dispatch.follow_rescues",
        "tracking.update_current_jobs",
        "operations.update_read_model",
        "realtime.publish",
        "notifications.notify",
    ],
    RescueAssigned: [
        "dispatch.follow_rescues",
        "tracking.update_current_jobs",
        "operations.update_read_model",
        "realtime.publish",
        "notifications.notify",
    ],
    RescueCompleted: [
        "riders.release_claim",
        "dispatch.follow_rescues",
        "tracking.update_current_jobs",
        "operations.update_read_model",
        "ratings.open",
        "realtime.publish",
        "notifications.notify",
        "payments.settle",
    ],
    PaymentProcessed: [
        "rescues.note_payment",
        "operations.update_read_model",
        "realtime.publish",
        "notifications.notify",
    ],
    MessageSent: ["realtime.publish", "notifications.push_message"],
    OfferMade: ["realtime.publish", "notifications.push_offer"],
    RatingsOpened: ["notifications.notify"],
    RatingShown: ["ratings.count", "notifications.notify"],
    RescuePhotoTaken: ["realtime.publish"],
}


def called(consumers: list[Consumer], event: type[Any]) -> list[Consumer]:
    return sorted((c for c in consumers if issubclass(event, c.events)), key=lambda c: c.order)


@pytest.mark.parametrize("event", ORDER, ids=lambda event: event.__name__)
async def test_the_consumers_of_an_event_are_called_in_this_order(event: type[Any]) -> None:
    consumers = container_without_servers().consumers()
    assert [consumer.name for consumer in called(consumers, event)] == ORDER[event]


async def test_delivery_consumers_run_after_all_other_fast_consumers() -> None:
    backwards = container_without_servers().consumers()[::-1]
    for event in get_args(AnyEvent):
        quick = [consumer.phase for consumer in called(backwards, event) if not consumer.slow]
        assert quick == sorted(quick)
        assert not any(c.slow for c in called(backwards, event)[: len(quick)])
    delivering = {consumer.name for consumer in backwards if consumer.phase is Phase.DELIVERY}
    assert delivering == {
        "realtime.publish",
        "notifications.notify",
        "notifications.push_message",
        "notifications.push_offer",
        "notifications.send",
    }
