"""The page that shows what the emulators received: text messages, card payments, webhooks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from html import escape
from typing import Any

from supportcarr_lab.emulators.stripe.database import Delivery

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem;
       color: #16202b; background: #f7f8fa }
h1 { font-size: 1.5rem } h2 { font-size: 1.1rem; margin-top: 2rem }
table { border-collapse: collapse; width: 100%; background: #fff }
th, td { text-align: left; padding: .45rem .7rem; border-bottom: 1px solid #e3e7ec }
th { font-weight: 600; color: #4a5766 } td { font-variant-numeric: tabular-nums; vertical-align: top }
@media (prefers-color-scheme: dark) {
  body { color: #e6ebf1; background: #11161c } table { background: #19212a }
  th, td { border-color: #2b3642 } th { color: #9fb0c2 } }
"""


def page(
    messages: list[dict[str, Any]],
    intents: list[dict[str, Any]],
    deliveries: list[Delivery],
    reports: list[dict[str, Any]],
    codes: list[tuple[str, str]],
    pushed: list[dict[str, Any]],
) -> str:
    """The page as HTML: the latest texts, messages to browsers, payments and so on, newest first.

    *codes* are those of the authenticator apps at present, by whose they are.
    """
    texts = [
        (_time(message["created_at"]), message["to"], message["body"], _status(message))
        for message in messages
    ]
    payments = [
        (
            intent["rescue_id"] or "",
            intent["status"],
            _money(intent["amount_minor"], intent["currency"]),
            _money(intent["captured_minor"], intent["currency"]),
            _money(intent["refunded_minor"], intent["currency"]),
            intent["id"],
        )
        for intent in reversed(intents[-100:])
    ]
    checks = [
        (_time(r["created_at"]), r["kind"], r["name"], r["phone"], r["result"] or r["status"], r["webhooks"])
        for r in reports
    ]
    to_browsers = [
        (_time(p["received_at"]), p["browser"][:8], p["text"], p["urgency"], f"{p['ttl']} s") for p in pushed
    ]
    webhooks = [(d.type, d.event_id, str(d.attempts), d.outcome) for d in deliveries]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Emulators</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head><body><h1>Emulators</h1>"
        "<p>Text messages that the Twilio emulator received; what was pushed to browsers of tests; card "
        "payments that the Stripe emulator received, and the webhooks that it sent; checks that were "
        "ordered. No text reaches a phone, no real card is charged, and nobody is checked.</p>"
        + (_table("Authenticator app", ("Of", "Code at present"), codes) if codes else "")
        + _table("Text messages", ("Time", "To", "Text", "Status"), texts)
        + _table("Messages to browsers", ("Time", "Browser", "Message", "Urgency", "Kept"), to_browsers)
        + _table("Card payments", ("Rescue", "Status", "Held", "Captured", "Refunded", "Intent"), payments)
        + _table("Webhooks", ("Event", "Id", "Attempts", "Outcome"), webhooks)
        + _table("Checks of drivers", ("Time", "Kind", "Name", "Phone", "Result", "Webhooks"), checks)
        + "</body></html>"
    )


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).astimezone().strftime("%H:%M:%S")


def _status(message: dict[str, Any]) -> str:
    error = message["error_code"]
    return str(message["status"]) if error is None else f"{message['status']} ({error})"


def _money(minor: int, currency: str) -> str:
    return f"{minor / 100:,.2f} {currency}"


def _table(title: str, headers: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = ["".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows]
    body = (
        "".join(f"<tr>{line}</tr>" for line in lines)
        or f'<tr><td colspan="{len(headers)}">None yet</td></tr>'
    )
    header_row = "".join(f'<th scope="col">{escape(header)}</th>' for header in headers)
    return f"<h2>{escape(title)}</h2><table><thead><tr>{header_row}</tr></thead><tbody>{body}</tbody></table>"
