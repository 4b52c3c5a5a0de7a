"""Errors of the Redis client.

RedisError
├── RedisUnavailable   not reachable, no reply in time, or too many calls waiting; unless ``.sent``
│                      is false the command may have been carried out
└── RedisReplyError    the server refused the command; ``.code`` is its first word (WRONGTYPE …)
"""

from __future__ import annotations


class RedisError(Exception):
    pass


class RedisUnavailable(RedisError):
    def __init__(self, why: str, *, sent: bool = False) -> None:
        self.sent = sent
        super().__init__(why)


class RedisReplyError(RedisError):
    @property
    def code(self) -> str:
        return str(self).split(" ", 1)[0]
