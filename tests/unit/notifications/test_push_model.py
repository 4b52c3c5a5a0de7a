"""The rules of push messages: who gets them, for how long, what replaces what, and where a press leads."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import get_args

import msgspec
import pytest

from supportcarr.contracts.ids import PUSH_SUBSCRIPTION, looks_like
from supportcarr.contracts.languages import Language
from supportcarr.contracts.web_apps import AppName
from supportcarr.notifications.channels import RULES as CHANNEL_RULES
from supportcarr.notifications.model import Side
from supportcarr.notifications.push.model import (
    BODY_BYTES_MAX,
    RULES,
    SUBSCRIPTIONS_MAX,
    PushJob,
    PushSubscription,
    PushText,
    PushTopic,
    Source,
    payload,
    replaces,
    shows,
    subscription_id,
    surplus,
    url_in,
)
from supportcarr.notifications.push.texts import TEXTS, Kind, push_text

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
RESCUE = "res_qc_01jdc0000000000000000000r0"


def subscription(number: int, app: AppName | None = "rider") -> PushSubscription:
    return PushSubscription(
        id=f"psh_{number}",
        user_id="usr_1",
        session_id="ses_1",
        app=app,
        endpoint=f"https://push.example/{number}",
        p256dh="",
        auth="",
        server_key="",
        created_at=NOW + timedelta(minutes=number),
    )


def job(**changed: object) -> PushJob:
    given: dict[str, object] = {
        "subscription_id": "psh_1",
        "user_id": "usr_1",
        "source": "notification",
        "source_id": "ntf_1",
        "topic": "progress",
        "expires_at": NOW,
        "rescue_id": RESCUE,
    }
    return msgspec.convert(given | changed, PushJob)


def test_an_endpoint_always_has_the_same_id() -> None:
    ids = {subscription_id(f"https://push.example/{n}") for n in range(50)}
    assert len(ids) == 50
    assert all(looks_like(PUSH_SUBSCRIPTION, one) for one in ids)
    assert subscription_id("https://push.example/1") == subscription_id("https://push.example/1")


def test_the_oldest_browsers_make_room_but_never_the_new_one() -> None:
    many = [subscription(n) for n in range(SUBSCRIPTIONS_MAX + 2)]
    assert [one.id for one in surplus(many, many[0].id)] == ["psh_1", "psh_2"]
    assert surplus(many[:SUBSCRIPTIONS_MAX], many[0].id) == []


@pytest.mark.parametrize(
    ("app", "side", "shown"),
    [
        ("rider", "rider", True),
        ("rider", "driver", False),
        ("driver", "driver", True),
        ("driver", "rider", False),
        ("driver", "anyone", True),
        (None, "driver", True),
        ("admin", "rider", False),
    ],
)
def test_an_app_shows_what_it_has_screens_for(app: AppName | None, side: Side, shown: bool) -> None:
    assert shows(subscription(1, app), side) is shown


def test_each_topic_has_a_rule_and_offers_and_safety_wake_a_phone() -> None:
    assert set(RULES) == {*CHANNEL_RULES, "offer", "message"}
    urgent: tuple[PushTopic, ...] = ("offer", "message", "safety", "security", "money", "progress")
    for topic in urgent:
        assert RULES[topic].urgency == "high"
    assert all(rule.lifetime > timedelta(0) for rule in RULES.values())


def test_a_newer_message_replaces_an_undelivered_one_of_the_same_thing() -> None:
    assert replaces("offer", RESCUE) == replaces("offer", "res_2") == "offer"
    assert replaces("progress", RESCUE) == replaces("progress", RESCUE) != replaces("progress", "res_2")
    assert replaces("message", RESCUE) != replaces("progress", RESCUE)
    assert replaces("money", RESCUE) is None and replaces("progress", None) is None
    for topic in RULES:
        name = replaces(topic, RESCUE)
        assert name is None or (len(name) <= 32 and name.isalnum()), "RFC 8030"


@pytest.mark.parametrize(
    ("app", "kind", "source", "rescue_id", "url"),
    [
        ("rider", "driver_arrived", "notification", RESCUE, f"/rescues/{RESCUE}"),
        ("driver", "driver_assigned", "notification", RESCUE, f"/driver/job/{RESCUE}"),
        ("rider", "message_of_driver", "message", RESCUE, f"/rescues/{RESCUE}/chat"),
        ("driver", "message_of_rider", "message", RESCUE, f"/driver/job/{RESCUE}/chat"),
        ("driver", "job_offered", "offer", RESCUE, "/driver/"),
        ("rider", "rating_requested", "notification", RESCUE, f"/rescues/{RESCUE}/rating"),
        ("driver", "rating_requested", "notification", RESCUE, f"/driver/job/{RESCUE}"),
        ("rider", "payment_failed", "notification", RESCUE, "/cards"),
        ("rider", "payment_requires_action", "notification", RESCUE, f"/rescues/{RESCUE}"),
        ("rider", "export_ready", "notification", None, "/me/privacy"),
        ("driver", "documents_expired", "notification", None, "/driver/apply"),
        ("driver", "password_changed", "notification", None, "/driver/inbox"),
        ("rider", "password_changed", "notification", None, "/inbox"),
        ("rider", "driver_arrived", "notification", "../x?#", "/rescues/..%2Fx%3F%23"),
    ],
)
def test_a_press_opens_the_screen_of_what_happened(
    app: AppName, kind: str, source: Source, rescue_id: str | None, url: str
) -> None:
    assert url_in(app, kind, source, rescue_id) == url


def test_the_browser_gets_the_text_its_language_and_the_screen() -> None:
    text = PushText("driver_arrived", "Su conductor ha llegado", "Muéstrele el PIN.", "es")
    assert msgspec.json.decode(payload(job(), text, "rider")) == {
        "id": "ntf_1",
        "kind": "driver_arrived",
        "title": "Su conductor ha llegado",
        "body": "Muéstrele el PIN.",
        "url": f"/rescues/{RESCUE}",
        "rescue_id": RESCUE,
        "lang": "es",
    }
    assert "url" not in msgspec.json.decode(payload(job(), text, None))


def test_a_payload_fits_what_every_push_service_takes() -> None:
    text = PushText("x", "é" * 5000, "…" * 5000, "fr")
    whole = payload(job(), text, "driver")
    assert len(whole) <= 4096 - 103, "RFC 8291: 86 bytes of header, 17 of padding and tag"
    assert len(msgspec.json.decode(whole)["body"].encode()) <= BODY_BYTES_MAX


def test_offers_and_messages_have_a_text_in_each_language() -> None:
    for kind in get_args(Kind):
        texts = {push_text(kind, language).title for language in get_args(Language)}
        assert len(texts) == len(get_args(Language))
    assert all(body.endswith(".") for _, body in TEXTS.values())
