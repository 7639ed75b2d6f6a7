"""Deterministic simulation: from one seed, everything that may happen while sessions are listed.

``rows`` are the simulated sessions and ``provider`` serves them, in every paging style, with the
``faults`` of its weather; ``adapter`` speaks for it; ``schedule`` draws all of that from a seed,
with what ``oddities`` make strange;
``begin`` says where the consumer begins; ``driver`` runs machines on a virtual clock; ``reader`` is the consumer. ``laws`` judge what came
of it: ``answers`` what was handed out, along the consumer's ``walk``, ``proofs`` what the answer
says of itself, ``doubts`` what it says of a provider that does not keep its word, ``manners`` what was sent; ``trace`` shows it. ``planted`` holds deliberate faults,
to prove that the laws can fail.

From ``tests/``: ``python -m simulation --seed 7`` shows one schedule, and
``python -m simulation --schedules 1000000`` runs many.

What the laws leave open, because nobody who reads a list could know better:

- Where pages are counted off, what arrives or vanishes shifts sessions out of sight; the coverage
  promises less. What a page shows twice is still removed.
- A list that is documented as newest first and is not, may hide a session behind an early stop, or
  from a cursor into windows of time or into a union, as long as all that was read was in order.
  Once a disorder was read, reading goes on to the end, or the answer is called incomplete.
- Whoever turns round in a union may pass over a session that moved between its streams meanwhile,
  or see it again. Reading forward, no such session is lost or comes twice.
- A session that does not tell whether it meets a condition is handed out on the word of a provider
  that was asked for it; once that was seen to break its word, it is left out and the answer is
  called incomplete.
- Where a budget cut reading off, the cursor tells what was seen beyond its place. In a list that is
  not in the order documented, what stands before that and was not seen may be missing.
- Where pages come the other way round now and then, what lies before a cursor is not known: across
  one, sessions may come twice or be missing. Within one reading they do not.
- Where a place expired in a list that is not in the order documented, what was read before is told
  by time, and sessions may be missing as long as nobody saw that the list is not in order.
- Of the moment of a session at which somebody begins, or whose place expired, others are shown once
  more where the lists do not show that session any more, or the sessions of one moment in no order.
- A session that is counted and never listed is missed, unless its list was read from its top to its
  end in one go, while nothing changed.
- Sessions younger than a provider takes to settle may be missing; the coverage ends before them.
- A provider that says that the list ends where it does not, or that a session is gone which is
  there, is believed.
"""

from __future__ import annotations
