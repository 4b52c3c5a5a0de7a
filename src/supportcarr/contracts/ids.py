"""Identifiers: a prefix that names the kind, then 26 time-ordered characters (ULID, lower case).

A rescue's id also has its region (``res_qc_01j…``): ``rescuerequests`` is sharded by region, and every
read and write must name its shard.  ``kit.runtime.ids`` generates ids.
"""

from __future__ import annotations

import re

USER, SESSION, RESCUE, QUOTE, OFFER, PAYMENT = "usr", "ses", "res", "quo", "off", "pay"
PARTNER, API_KEY = "prt", "apk"
PAYMENT_METHOD, VEHICLE, MESSAGE, NOTIFICATION = "pmt", "veh", "msg", "ntf"
AUDIT_RECORD, EXPORT, FILE, PHOTO = "aud", "exp", "fil", "pho"
SHIFT, DRIVER_DOCUMENT, DRIVER_CHECK = "shf", "doc", "chk"
RATING, SAVED_PLACE, BIKE, SHARE_LINK = "rat", "plc", "bik", "shl"
PUSH_SUBSCRIPTION = "psh"

_ID = re.compile(r"^[a-z]{3}_(?:[a-z0-9]{1,8}_)?[0-9a-hjkmnp-tv-z]{26}$")


def looks_like(prefix: str, value: str) -> bool:
    """True if *value* has the shape of an id of that kind (there may be none)."""
    return value.startswith(prefix + "_") and _ID.match(value) is not None


def region_of(rescue_id: str) -> str:
    """The region (shard) named in a rescue's id; ``""`` if the id names none."""
    parts = rescue_id.split("_")
    return parts[1] if len(parts) == 3 else ""
