"""By which channels a notification goes beside the app, and which of them its reader may turn off.  Pure.

Every notification is in the app.  What concerns safety, the security of an account, or money goes by all
channels of its topic, whatever the person prefers; so do codes, which ``auth`` sends.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

Channel = Literal["push", "sms", "email"]
Topic = Literal["safety", "security", "money", "disruption", "papers", "progress", "driving", "account"]

SENT: frozenset[Channel] = frozenset({"push", "sms"})  # channels that somebody sends by today


class TopicRule(msgspec.Struct, frozen=True):
    """The channels of a topic; ``required``: a person cannot turn them off."""

    channels: frozenset[Channel]
    required: bool = False


RULES: Mapping[Topic, TopicRule] = {
    # a battery that may burn; a driver who may not drive
    "safety": TopicRule(frozenset({"push", "sms"}), required=True),
    "security": TopicRule(frozenset({"push", "sms", "email"}), required=True),
    "money": TopicRule(frozenset({"push", "sms", "email"}), required=True),
    # a rescue does not go as it was promised
    "disruption": TopicRule(frozenset({"push", "sms"})),
    "papers": TopicRule(frozenset({"push", "sms", "email"})),
    "progress": TopicRule(frozenset({"push"})),  # of a rescue, whose people have the app open
    "driving": TopicRule(frozenset({"push"})),
    "account": TopicRule(frozenset({"push", "email"})),
}

# The topic of each text (``notifications.texts``).
TOPICS: Mapping[str, Topic] = {
    "application_approved": "papers",
    "application_changes": "papers",
    "application_rejected": "papers",
    "application_submitted": "account",
    "deletion_cancelled": "security",
    "deletion_requested": "security",
    "document_approved": "account",
    "document_rejected": "papers",
    "documents_expired": "safety",
    "documents_expiring": "papers",
    "documents_missing": "safety",
    "driver_arrived": "progress",
    "driver_assigned": "progress",
    "driver_departed": "progress",
    "driver_exchanged": "progress",
    "driver_gave_up": "disruption",
    "driver_offline": "driving",
    "driver_queued": "progress",
    "driver_reinstated": "papers",
    "driver_suspended": "safety",
    "export_ready": "account",
    "fix_confirmed": "progress",
    "fix_proposed": "progress",
    "hours_ending": "driving",
    "hours_limit": "driving",
    "job_started": "progress",
    "long_break": "driving",
    "password_changed": "security",
    "payment_failed": "money",
    "payment_requires_action": "money",
    "phone_changed": "security",
    "pin_locked": "progress",
    "pin_renewed": "progress",
    "rating_requested": "account",
    "rating_shown": "account",
    "rescue_aborted": "disruption",
    "rescue_aborted_fee": "disruption",
    "rescue_cancelled": "progress",
    "rescue_cancelled_fee": "progress",
    "rescue_completed": "progress",
    "rescue_completed_fixed_on_spot": "progress",
    "rescue_no_show": "disruption",
    "rescue_rejected": "disruption",
    "rescue_rejected_card_declined": "money",
    "rescue_rejected_outside_area": "disruption",
    "rescue_rejected_rider_has_live_rescue": "disruption",
    "rescue_rejected_unsafe_battery": "safety",
    "rescue_unserved": "disruption",
    "sign_in_attempts_failed": "account",  # somebody else could have texts sent by trying passwords
    "statement_approved": "papers",
    "statement_refused": "papers",
    "totp_removed": "security",
}


def topic_of(text: str, *, driver: bool) -> Topic:
    """The topic of a text, for a driver or for somebody else."""
    topic = TOPICS[text]
    # A driver has the app open during a job, and has often caused what a rider must be told.
    return "progress" if driver and topic == "disruption" else topic


def channels_of(topic: Topic, wanted: frozenset[Channel]) -> frozenset[Channel]:
    """The channels by which a notification of that topic goes to a person who wants *wanted*."""
    rule = RULES[topic]
    return rule.channels if rule.required else rule.channels & wanted


def may_be_texted(topic: Topic) -> bool:
    """True if a notification of that topic may go by text message."""
    return "sms" in RULES[topic].channels
