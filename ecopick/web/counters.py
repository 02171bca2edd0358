"""What this process counts with and where it looks up places."""

from ecopick.adapters.counters import RedisCounters
from ecopick.adapters.location import RangeFile
from ecopick.config import Settings
from ecopick.core import counters, places


def connect_counters(settings: Settings) -> None:
    """Count requests in Valkey or Redis, and read the file of places if there is one."""
    counters.use_counters(RedisCounters(settings.redis_url))
    found = settings.location_file
    places.use_places(RangeFile(found) if found is not None else None)
