"""What the audit log needs to know of an action beyond the event itself: from where it was done."""

from __future__ import annotations

import msgspec


class Origin(msgspec.Struct, frozen=True, omit_defaults=True):
    """From where somebody acted: the client's address, the session (or API key), and the request."""

    address: str | None = None
    session_id: str | None = None
    request_id: str | None = None


NOWHERE = Origin()  # a command on this machine, or the system itself
