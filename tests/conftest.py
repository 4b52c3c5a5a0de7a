"""Fixtures that every test may use; each comes from a module of ``tests/support``."""

pytest_plugins: list[str] = [
    "support.store.engines",
    "support.store.fixtures",
    "support.redis",
    "support.payments.world",
    "support.mongo.server",
]
