"""Who does something."""

from __future__ import annotations

from typing import Literal

import msgspec

Role = Literal["rider", "driver", "support", "admin", "partner", "system"]


class Actor(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who did something, in the role they did it in; the system has no id."""

    role: Role
    id: str | None = None

    @property
    def is_operator(self) -> bool:
        return self.role in ("support", "admin")


SYSTEM = Actor("system")
