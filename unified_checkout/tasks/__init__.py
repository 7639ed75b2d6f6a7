"""A question cut into tasks that run anywhere: plan, picklable windows, Arrow batches.

Engines that spread work over processes and machines are thin shells around these; needs the extra
``columns``: ``unified-checkout[columns]``.
"""

from unified_checkout.extras import needing

with needing("columns", "tasks need"):
    from unified_checkout.tasks.question import Question, changes_for
    from unified_checkout.tasks.task import Manner, Task

__all__ = ["Manner", "Question", "Task", "changes_for"]
