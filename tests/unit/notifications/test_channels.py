"""By which channels a notification goes, and what a person may turn off."""

from __future__ import annotations

import pytest

from supportcarr.notifications.channels import (
    RULES,
    SENT,
    TOPICS,
    Channel,
    Topic,
    channels_of,
    may_be_texted,
    topic_of,
)
from supportcarr.notifications.wording import CATALOGUES

ALL: frozenset[Channel] = frozenset({"push", "sms", "email"})


def test_each_text_has_a_topic() -> None:
    assert set(TOPICS) == {text for text, _ in CATALOGUES["en"].texts}
    assert set(TOPICS.values()) == set(RULES)


@pytest.mark.parametrize(
    ("text", "wanted", "channels"),
    [
        ("rescue_rejected_unsafe_battery", (), {"push", "sms"}),
        ("documents_expired", (), {"push", "sms"}),
        ("driver_suspended", ("email",), {"push", "sms"}),
        ("password_changed", (), ALL),
        ("deletion_requested", ("push",), ALL),
        ("payment_requires_action", (), ALL),
        ("payment_failed", (), ALL),
        ("rescue_unserved", ALL, {"push", "sms"}),
        ("rescue_unserved", ("push", "email"), {"push"}),
        ("driver_gave_up", (), set()),
        ("application_changes", ("sms",), {"sms"}),
        ("documents_expiring", ("email", "push"), {"email", "push"}),
        ("driver_arrived", ALL, {"push"}),
        ("driver_arrived", ("sms", "email"), set()),
        ("sign_in_attempts_failed", ALL, {"push", "email"}),
        ("export_ready", (), set()),
    ],
)
def test_what_may_be_turned_off(text: str, wanted: tuple[Channel, ...], channels: set[Channel]) -> None:
    assert channels_of(TOPICS[text], frozenset(wanted)) == channels


@pytest.mark.parametrize("topic", ["safety", "security", "money"])
def test_safety_security_and_money_cannot_be_turned_off(topic: Topic) -> None:
    assert channels_of(topic, frozenset()) == channels_of(topic, ALL) == RULES[topic].channels
    assert RULES[topic].channels & SENT, "one of them is sent today"


def test_a_driver_is_told_of_a_disruption_in_the_app_which_is_open_during_a_job() -> None:
    assert channels_of(topic_of("driver_gave_up", driver=True), ALL) == {"push"}
    assert channels_of(topic_of("driver_gave_up", driver=False), ALL) == {"push", "sms"}
    assert channels_of(topic_of("driver_suspended", driver=True), frozenset()) == {"push", "sms"}


def test_only_what_may_be_texted_becomes_a_job_of_texts() -> None:
    assert {topic for topic in RULES if may_be_texted(topic)} == {
        "safety",
        "security",
        "money",
        "disruption",
        "papers",
    }
