"""Errors of push subscriptions."""

from __future__ import annotations

from supportcarr.contracts.errors import Conflict


class PushOff(Conflict):
    code, title = "push_off", "Notifications cannot be pushed to browsers here: no key is set"


class EndpointInUse(Conflict):
    """Somebody else's browser has that endpoint: whoever has it only knows its address."""

    code, title = "endpoint_in_use", "Another browser has subscribed with this endpoint"
