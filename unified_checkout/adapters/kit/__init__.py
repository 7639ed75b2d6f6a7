"""Tools for adapter authors: signing a request, reading a response, naming what went wrong."""

from unified_checkout.adapters.kit.bodies import PageDecoder, Rows, as_sent, decode, session
from unified_checkout.adapters.kit.failures import (
    error_body,
    error_for,
    explanation,
    origin,
    retry_after,
    scrubbed,
)
from unified_checkout.adapters.kit.fields import FieldError, Id, strings, word
from unified_checkout.adapters.kit.places import end_of, item_path
from unified_checkout.adapters.kit.signing import basic, bearer, key_kind
from unified_checkout.adapters.kit.times import LAST_SECOND, Timestamp, seconds, utc, whole_seconds

__all__ = [
    "LAST_SECOND",
    "FieldError",
    "Id",
    "PageDecoder",
    "Rows",
    "Timestamp",
    "as_sent",
    "basic",
    "bearer",
    "decode",
    "end_of",
    "error_body",
    "error_for",
    "explanation",
    "item_path",
    "key_kind",
    "origin",
    "retry_after",
    "scrubbed",
    "seconds",
    "session",
    "strings",
    "utc",
    "whole_seconds",
    "word",
]
