"""The role that a person has in a rescue."""

from __future__ import annotations

from supportcarr.contracts.actors import Actor, Principal
from supportcarr.rescues.model import Rescue


def actor_for(rescue: Rescue, principal: Principal) -> Actor:
    """The person as rider or driver of this rescue, else as operator, else in a role of their account.

    Somebody who is not in the rescue is named as a driver if they are one, so that a driver who has
    released the rescue and repeats the command is recognised.  ``state_machine.is_participant``
    decides whether the actor may see the rescue.
    """
    if principal.user_id == rescue.rider_id and "rider" in principal.roles:
        return Actor("rider", principal.user_id)
    if principal.user_id == rescue.driver_id and "driver" in principal.roles:
        return Actor("driver", principal.user_id)
    if principal.operator is not None:
        return principal.operator
    return Actor("driver" if "driver" in principal.roles else "rider", principal.user_id)
