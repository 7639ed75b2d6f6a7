"""Recorded exchanges with providers: scrubbed, written, replayed, checked."""
