"""Tools for adapter authors: signing a request, reading a response, naming what went wrong."""

from unified_checkout.adapters.currencies import iso_exponent
from unified_checkout.adapters.kit.bodies import (
    PageDecoder,
    Rows,
    as_sent,
    decode,
    field_errors,
    member,
    page_decoder,
    sessions,
)
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
    "field_errors",
    "iso_exponent",
    "item_path",
    "key_kind",
    "member",
    "origin",
    "page_decoder",
    "retry_after",
    "scrubbed",
    "seconds",
    "sessions",
    "strings",
    "utc",
    "whole_seconds",
    "word",
]
