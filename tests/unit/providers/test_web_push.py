"""Web push: RFC 8291's example, VAPID keys, what a push service's status means, and where is sent to."""

from __future__ import annotations

import pytest

from support import rfc8291
from supportcarr.kit.http.settings import OutboundSettings
from supportcarr.notifications.push.ports import BadTarget, PushTarget
from supportcarr.providers.settings import PushSettings, host_patterns, push_contact
from supportcarr.providers.vapid import (
    decoded,
    encoded,
    new_private_key,
    private_key_of,
    public_key_of,
    vapid_private_key,
)
from supportcarr.providers.web_push import (
    RETRY_MAX_S,
    RETRY_MIN_S,
    Outcome,
    WebPush,
    encrypted,
    is_allowed,
    outcome_of,
    retry_seconds,
)

BROWSER = PushTarget(
    endpoint="https://updates.push.services.mozilla.com/wpush/v2/x",
    **rfc8291.BROWSER_KEYS,
)


def web_push(**settings: str) -> WebPush:
    given = {"vapid_private_key": rfc8291.SERVER_PRIVATE_KEY} | settings
    return WebPush(PushSettings(**given), OutboundSettings(), contact="mailto:ops@supportcarr.example")  # type: ignore[arg-type]  # strings only


def test_a_message_is_encrypted_as_in_the_rfc_s_example() -> None:
    body = encrypted(
        b"When I grow up, I want to be a watermelon",
        BROWSER,
        key=private_key_of(rfc8291.SERVER_PRIVATE_KEY),
        salt=decoded(rfc8291.SALT),
    )
    assert encoded(body) == rfc8291.BODY


def test_the_public_key_follows_from_the_private_one() -> None:
    assert (
        public_key_of(private_key_of(rfc8291.SERVER_PRIVATE_KEY))
        == rfc8291.SERVER_PUBLIC_KEY
        == web_push().public_key
    )
    assert web_push(vapid_private_key="").public_key is None


def test_a_new_key_is_one_that_the_setting_takes() -> None:
    assert len({new_private_key() for _ in range(20)}) == 20
    for _ in range(20):
        vapid_private_key(new_private_key())


@pytest.mark.parametrize(
    "value", ["x", "A" * 43, rfc8291.SERVER_PUBLIC_KEY, rfc8291.SERVER_PRIVATE_KEY[:-1] + "!", "_" * 43]
)
def test_what_is_no_private_key_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="supportcarr push keys"):
        vapid_private_key(value)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, "accepted"),
        (201, "accepted"),
        (202, "accepted"),
        (301, "refused"),
        (400, "refused"),
        (401, "refused"),
        (403, "refused"),
        (404, "gone"),
        (410, "gone"),
        (413, "refused"),
        (429, "limited"),
        (500, "failed"),
        (503, "failed"),
    ],
)
def test_a_status_says_what_became_of_the_message(status: int, outcome: Outcome) -> None:
    assert outcome_of(status) == outcome


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 30.0),
        ("", 30.0),
        ("120", 120.0),
        ("0", RETRY_MIN_S),
        ("-5", RETRY_MIN_S),
        ("999999", RETRY_MAX_S),
        ("nan", 30.0),
        ("soon", 30.0),
        ("Thu, 01 Jan 1970 00:18:00 GMT", 80.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", RETRY_MIN_S),
    ],
)
def test_retry_after_is_a_number_or_a_date_and_bounded(header: str | None, seconds: float) -> None:
    assert retry_seconds(header, 30.0, now=1000.0) == seconds


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("fcm.googleapis.com", True),
        ("updates.push.services.mozilla.com", True),
        ("web.push.apple.com", True),
        ("wns2-by3p.notify.windows.com", True),
        ("push.apple.com", False),
        ("evilpush.apple.com", False),
        ("fcm.googleapis.com.evil.example", False),
        ("x.fcm.googleapis.com", False),
        ("", False),
    ],
)
def test_only_known_push_services_are_sent_to(host: str, allowed: bool) -> None:
    assert is_allowed(host, PushSettings().hosts) is allowed


@pytest.mark.parametrize(
    ("endpoint", "field"),
    [
        ("https://updates.push.services.mozilla.com/wpush/v2/x", None),
        ("https://updates.push.services.mozilla.com./wpush/v2/x", None),
        ("http://updates.push.services.mozilla.com/wpush/v2/x", "endpoint"),
        ("https://updates.push.services.mozilla.com:22/x", "endpoint"),
        ("https://a:b@updates.push.services.mozilla.com/x", "endpoint"),
        ("https://updates.push.services.mozilla.com@169.254.169.254/x", "endpoint"),
        ("https://169.254.169.254/latest", "endpoint"),
        ("https://127.0.0.1/x", "endpoint"),
        ("https://[::1]/x", "endpoint"),
        ("https://10.0.0.1/x", "endpoint"),
        ("http://127.0.0.1:8002/push/x", "endpoint"),
        ("https://supportcarr.example/x", "endpoint"),
        ("file:///etc/passwd", "endpoint"),
        ("not a url", "endpoint"),
    ],
)
def test_an_endpoint_is_at_a_known_push_service(endpoint: str, field: str | None) -> None:
    target = PushTarget(endpoint, BROWSER.p256dh, BROWSER.auth)
    if field is None:
        web_push().check(target)
        return
    with pytest.raises(BadTarget) as refused:
        web_push().check(target)
    assert refused.value.field == field


def test_the_emulator_is_sent_to_where_it_is_set_only() -> None:
    emulated = PushTarget("http://127.0.0.1:8002/push/x", BROWSER.p256dh, BROWSER.auth)
    web_push(emulator_url="http://127.0.0.1:8002").check(emulated)
    with pytest.raises(BadTarget):
        web_push(emulator_url="http://127.0.0.1:80").check(emulated)


@pytest.mark.parametrize(
    ("p256dh", "auth", "field"),
    [
        ("A" * 87, BROWSER.auth, "keys.p256dh"),
        (rfc8291.SERVER_PRIVATE_KEY, BROWSER.auth, "keys.p256dh"),
        ("é" * 87, BROWSER.auth, "keys.p256dh"),
        (BROWSER.p256dh, "BTBZMqHH6r4Tts7J_aSI", "keys.auth"),
        (BROWSER.p256dh, "!" * 22, "keys.auth"),
    ],
)
def test_a_browser_s_keys_are_checked(p256dh: str, auth: str, field: str) -> None:
    with pytest.raises(BadTarget) as refused:
        web_push().check(PushTarget(BROWSER.endpoint, p256dh, auth))
    assert refused.value.field == field


@pytest.mark.parametrize("value", ["ops@supportcarr.example", "http://supportcarr.example", "mailto:x"])
def test_the_contact_is_a_url(value: str) -> None:
    push_contact("mailto:ops@supportcarr.example")
    with pytest.raises(ValueError, match="mailto"):
        push_contact(value)


@pytest.mark.parametrize("value", ["", "*", "*.com,", "http://x.example", "127.0.0.1", "localhost"])
def test_hosts_of_push_services_are_names(value: str) -> None:
    host_patterns(PushSettings().hosts)
    with pytest.raises(ValueError, match="no host"):
        host_patterns(value)
