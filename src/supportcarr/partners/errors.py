"""The errors of partners.

Conflict
└── KeyNotUsable    409, the key was revoked, has expired, or was rotated
"""

from __future__ import annotations

from supportcarr.contracts.errors import Conflict


class KeyNotUsable(Conflict):
    code, title = "key_not_usable", "This key was revoked, has expired, or was rotated before"
