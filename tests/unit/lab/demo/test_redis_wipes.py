"""Which Redis may be wiped, and a Redis that cannot start again at once."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from supportcarr.bootstrap.platform import Platform
from supportcarr.bootstrap.settings import Settings, load_settings
from supportcarr.supervisor.embedded_redis import EmbeddedRedis, EmbeddedRedisError
from supportcarr.supervisor.supervisor import Supervisor
from supportcarr_lab.demo.command import check_redis_is_ours
from supportcarr_lab.demo.options import DemoOptions


def settings(folder: Path, redis_url: str = "") -> Settings:
    values = {"SUPPORTCARR_DATA": str(folder), "SUPPORTCARR_REDIS_URL": redis_url}
    return load_settings({name: value for name, value in values.items() if value}, dotenv=None)


def test_a_redis_that_the_demo_did_not_start_is_not_wiped(tmp_path: Path) -> None:
    foreign = settings(tmp_path, "redis://example:6379/0")
    with pytest.raises(click.UsageError, match="SUPPORTCARR_REDIS_URL"):
        check_redis_is_ours(DemoOptions(redis_wipes=1), foreign)
    check_redis_is_ours(DemoOptions(redis_wipes=0), foreign)
    check_redis_is_ours(DemoOptions(redis_wipes=1), settings(tmp_path))


class RedisThatCannotStart(EmbeddedRedis):
    """A Redis that is down, and whose port is taken when it should start."""

    def __init__(self) -> None:
        self.process = None
        self.starts = 0

    def start(self) -> None:
        self.starts += 1
        raise EmbeddedRedisError("its port is taken")


def test_a_redis_that_cannot_start_at_once_is_started_later(tmp_path: Path) -> None:
    redis = RedisThatCannotStart()
    running = Platform(settings(tmp_path), {}, Supervisor({}), redis)
    running.wipe_redis()
    assert [redis.starts, running.wipes] == [1, 1]
