"""In which role a person stands to a rescue."""

from __future__ import annotations

from supportcarr.contracts.actors import Actor, Principal
from supportcarr.rescues.model import Rescue


def actor_for(rescue: Rescue, who: Principal) -> Actor:
    """The person as rider or driver of this rescue, else as operator, else as a stranger.

    A stranger is named as a driver if they are one: a driver who has released the rescue and repeats
    the command is recognised by that.  ``state_machine.is_participant`` says who is a stranger.
    """
    if who.user_id == rescue.rider_id and "rider" in who.roles:
        return Actor("rider", who.user_id)
    if who.user_id == rescue.driver_id and "driver" in who.roles:
        return Actor("driver", who.user_id)
    if who.operator is not None:
        return who.operator
    return Actor("driver" if "driver" in who.roles else "rider", who.user_id)
