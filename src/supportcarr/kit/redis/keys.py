"""All keys and channels in Redis; no other module builds one.

All begin with ``sc:``.  *Durable* keys live in the Redis of ``REDIS_URL`` (no eviction), *cache* keys
in that of ``CACHE_URL`` (may be evicted at any moment; it may be the same server).  Either may be
wiped: nothing important is stored here alone.  Keys that one script touches share a hash tag (the
part in braces), so that a cluster keeps them in one slot.

This file is the one exception to the rule that the kit knows nothing of the business: it also has the
keys of positions and revoked sessions, so that all names in Redis are declared in one place.
"""

from __future__ import annotations


def limit_bucket(rule: str, key: str) -> str:
    """Durable.  String: the theoretical arrival time of a limit's next request, microseconds of the
    server's clock (GCRA); expires when the bucket is full again, since a full bucket needs no key."""
    return f"sc:{{limits}}:{rule}:{key}"


def stream_positions() -> str:
    """Durable.  Hash: the epoch under ``""``, and each stream's last offset under its name; never
    expires within an epoch, so that a position always means one event."""
    return "sc:{rt}:heads"


def stream(name: str) -> str:
    """Durable.  Stream of one person or area (``user:usr_…``, ``ops:AREA``), entry ids ``OFFSET-WALL``
    (seconds of the server's clock); expires some time (settings) after its last event."""
    return f"sc:{{rt}}:stream:{name}"


def stream_seen(event_id: str) -> str:
    """Durable.  String: the names of the streams that the event was appended to, a space around each; expires
    with the streams' entries."""
    return f"sc:{{rt}}:seen:{event_id}"


def firehose(number: int) -> str:
    """Durable.  Stream of the events of all streams assigned to it, for the real-time processes; trimmed
    by length.  A stream is assigned by a hash of its name and the number of firehoses."""
    return f"sc:{{rt}}:firehose:{number}"


def queue_prefix() -> str:
    """Durable.  Prefix of BullMQ's keys (their types are BullMQ's own); jobs remove theirs when done."""
    return "{sc:bull}"


def last_position(driver_id: str) -> str:
    """Cache.  String: the newest believed position of a driver, wherever it is, the rejected ones that
    contradict it, and the key of the bucket that has the driver (``tracking.position_store`` says how);
    expires some minutes after the last accepted one.  Another format needs another name: until the values
    of an older version expire, each would be an error."""
    return f"sc:{{pos}}:track:{driver_id}"


def position_bucket(area_id: str, bucket: int) -> str:
    """Cache.  Geo set: the drivers who reported from an area within one bucket of city time; expires
    when no position in it can be fresh, so that a silent phone disappears by itself."""
    return f"sc:{{pos}}:geo:{area_id}:{bucket}"


def positions_channel() -> str:
    """Cache.  Channel: JSON lists of ``contracts.positions.PositionUpdate``; the latest of a driver wins."""
    return "sc:positions"


def revoked_head() -> str:
    """Durable.  Hash: ``epoch`` and the ``seq`` of the last entry of the log of revoked sessions; it is
    there only while all that counts of the store is in the keys, and never expires."""
    return "sc:{revoked}:head"


def revoked_log() -> str:
    """Durable.  Stream of sessions that were ended, and of accounts whose tokens were, entry ids ``SEQ-0``;
    trimmed by length."""
    return "sc:{revoked}:log"


def revoked_session(session_id: str) -> str:
    """Durable.  String: that session was ended; expires when no access token of it can be alive."""
    return f"sc:{{revoked}}:session:{session_id}"


def revoked_user(user_id: str) -> str:
    """Durable.  String: the account's tokens of older versions than this number have ended; expires when none
    of them can be alive."""
    return f"sc:{{revoked}}:user:{user_id}"


def session(session_id: str) -> str:
    """Durable.  Hash: a session's ``user`` (id), ``app``, and ``used`` (wall seconds of its last use, at most
    some minutes late); expires 24 h after its last use."""
    return f"sc:{{session}}:{session_id}"


def api_version(kind: str) -> str:
    """Cache.  Number: the version of what responses of that kind are made from; never expires (if it is lost,
    responses of version 0 are current, which are at most five minutes old)."""
    return f"sc:{{api}}:{kind}:version"


def api_response(kind: str, version: str, key: str) -> str:
    """Cache.  String: a response that is the same for everybody, at that version; expires in 5 minutes."""
    return f"sc:{{api}}:{kind}:{version}:{key}"
