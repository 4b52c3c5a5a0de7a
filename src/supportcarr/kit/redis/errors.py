"""What can go wrong with Redis.

RedisError
├── RedisUnavailable   not reached, not answered in time, or too much is waiting; the command may
│                      or may not have been carried out, unless ``.sent`` is false
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
