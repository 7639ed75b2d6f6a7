"""The gateway: Stripe's list and retrieve of checkout sessions, over any configured account.

``settings`` and ``tokens`` say who may ask for what, ``parameters`` reads what is asked,
``identity`` what ids mean, ``places`` and ``reading`` read the sessions, ``wire`` shows them,
``refusals`` is the table of errors, ``door`` puts them together, ``server`` serves it.
"""
