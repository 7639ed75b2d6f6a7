"""What is bound to the process that made it."""

from __future__ import annotations

from typing import Any, NoReturn


class Bound:
    """Holds connections and locks, or asks by those of another: there is no copy of it.

    >>> import pickle
    >>> try:
    ...     pickle.dumps(Bound())
    ... except TypeError as error:
    ...     str(error)
    'Bound is bound to this process and is neither copied nor pickled; pass on its accounts, a plan (explain) or a task'
    """

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError(
            f"{type(self).__name__} is bound to this process and is neither copied nor pickled; "
            "pass on its accounts, a plan (explain) or a task"
        )
