from .plan import Patience
from .reading import StoredSessions, read_store
from .store import Store
from .syncing import Manner, SyncRun, sync
from .writing import Written

__all__ = [
    "Manner",
    "Patience",
    "Store",
    "StoredSessions",
    "SyncRun",
    "Written",
    "read_store",
    "sync",
]
