"""The plugin is a distribution of its own: its tests run where it is installed."""

from __future__ import annotations

collect_ignore = ["acme-checkout"]
