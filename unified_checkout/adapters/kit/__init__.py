"""Tools for adapter authors: requests, responses, and what stands in them.

``signing`` what goes out; ``bodies``, ``fields``, ``money`` and ``times`` what comes back;
``places`` where a list goes on; ``failures`` and ``rates`` what went wrong and when to come back.
"""

from unified_checkout.adapters.currencies import iso_exponent
from unified_checkout.adapters.kit.bodies import (
    PageDecoder,
    as_sent,
    decode,
    field_errors,
    form_body,
    json_body,
    member,
    page_decoder,
    sessions,
)
from unified_checkout.adapters.kit.failures import (
    error_body,
    error_for,
    explanation,
    origin,
    request_id,
    scrubbed,
)
from unified_checkout.adapters.kit.fields import (
    FieldError,
    Id,
    Reference,
    Related,
    filled,
    id_of,
    strings,
    word,
)
from unified_checkout.adapters.kit.money import minor_units
from unified_checkout.adapters.kit.places import Link, end_of, item_path, link_header
from unified_checkout.adapters.kit.rates import allowance, resets_in, retry_after
from unified_checkout.adapters.kit.signing import (
    basic,
    bearer,
    client_credentials,
    hmac_digest,
    key_kind,
    parse_token,
    target,
)
from unified_checkout.adapters.kit.times import (
    LAST_SECOND,
    Timestamp,
    day,
    moment,
    second_of,
    seconds,
    utc,
    whole_seconds,
    zulu,
)

__all__ = [
    "LAST_SECOND",
    "FieldError",
    "Id",
    "Link",
    "PageDecoder",
    "Reference",
    "Related",
    "Timestamp",
    "allowance",
    "as_sent",
    "basic",
    "bearer",
    "client_credentials",
    "day",
    "decode",
    "end_of",
    "error_body",
    "error_for",
    "explanation",
    "field_errors",
    "filled",
    "form_body",
    "hmac_digest",
    "id_of",
    "iso_exponent",
    "item_path",
    "json_body",
    "key_kind",
    "link_header",
    "member",
    "minor_units",
    "moment",
    "origin",
    "page_decoder",
    "parse_token",
    "request_id",
    "resets_in",
    "retry_after",
    "scrubbed",
    "second_of",
    "seconds",
    "sessions",
    "strings",
    "target",
    "utc",
    "whole_seconds",
    "word",
    "zulu",
]
