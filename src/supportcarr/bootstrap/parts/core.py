"""What every part is built on."""

from __future__ import annotations

from dataclasses import dataclass

from supportcarr.bootstrap.settings import Settings
from supportcarr.kit.jobs.service import Jobs
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.sealing.data_keys import DataKeys
from supportcarr.kit.store.port import Store


@dataclass(slots=True)
class RedisClients:
    """The durable Redis, and the evicting one (the same client where one server does both)."""

    durable: RedisClient
    cache: RedisClient


@dataclass(frozen=True, slots=True)
class Core:
    """The settings, and the objects of the kit that every part shares."""

    settings: Settings
    store: Store
    clock: Clock
    redis: RedisClients
    data_keys: DataKeys  # those of the store
    jobs: Jobs
