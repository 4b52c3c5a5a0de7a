"""How simulated people and real ones exchange the PIN: they cannot hear each other, so they write."""

from __future__ import annotations

import contextlib
import re
from typing import Any

from supportcarr_lab.simulator.client import RequestFailed, new_idempotency_key
from supportcarr_lab.simulator.person import Job, Person

QUESTION = "I am here. Which PIN does your app show?"
ANSWER = "I am here. My PIN is {pin}."
LOOK_EVERY_S = 2.0  # wall; between two looks at the chat
_PIN = re.compile(r"(?<!\d)\d{4}(?!\d)")


async def write(person: Person, job: Job, text: str) -> None:
    """Send a message, unless the rescue has moved on."""
    with contextlib.suppress(RequestFailed):
        await person.api.post(f"/rescues/{job.id}/messages", {"text": text}, key=new_idempotency_key())


async def ask_for_pin(driver: Person, job: Job, within_s: float) -> str | None:
    """Ask the rider for the PIN, and wait for one that was not tried for at most *within_s* (city time).

    ``None``: no answer, or the rescue has moved on.
    """
    time = driver.context.time
    until = time.now() + within_s
    await write(driver, job, QUESTION)
    while (left := until - time.now()) > 0:
        page = await driver.api.get(f"/rescues/{job.id}/messages", limit=100)
        for pin in _pins(page["items"]):
            if pin not in job.tried_pins:
                job.tried_pins.add(pin)
                return pin
        if await driver.wait_for_change(job, min(left, LOOK_EVERY_S * time.speed)):
            return None
    return None


def _pins(messages: list[dict[str, Any]]) -> list[str]:
    """The PINs in the rider's messages."""
    texts = [message["text"] for message in messages if message["sender"]["role"] == "rider"]
    return [pin for text in texts for pin in _PIN.findall(text)]
