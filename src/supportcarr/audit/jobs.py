"""The periodic task of the audit log."""

from __future__ import annotations

from supportcarr.audit.chain import AuditChain
from supportcarr.kit.jobs.declarations import PeriodicTask

CHAIN_SECONDS = 2.0  # wall time: so long may a record be missing without anybody finding out


def periodic_tasks(chain: AuditChain) -> list[PeriodicTask]:
    """The chaining of new records, in one worker."""
    return [PeriodicTask("audit.extend_chain", CHAIN_SECONDS, chain.extend)]
