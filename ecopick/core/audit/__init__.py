"""Four append-only streams: what changed, who signed in, who read, who was allowed."""

from ecopick.core.audit.batches import start_batches
from ecopick.core.audit.writer import (
    decision,
    flush_reads,
    login,
    read,
    write,
)

__all__ = ["decision", "flush_reads", "login", "read", "start_batches", "write"]
