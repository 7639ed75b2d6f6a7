from .plan import Patience
from .store import Store
from .syncing import Manner, SyncRun, sync
from .writing import Written

__all__ = ["Manner", "Patience", "Store", "SyncRun", "Written", "sync"]
