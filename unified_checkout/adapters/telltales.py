"""What secrets and e-mail addresses look like in running text."""

from __future__ import annotations

import re

_CREDENTIALS = (
    r"(?i:(?:\b[a-z]{0,4}|[a-z]?[rsp])k(?:cs)?_(?:test|live)_[\w*.-]+)"
    r"|\b[a-z]?[rsp]k(?:cs)?_(?=[\w*]*[\d*])[\w*]{8,}"
    r"|whsec_\w+|\b\w+_secret_\w+"
    r"|\b(?i:Basic|Bearer)\s+[\w+/=.~-]{8,}"
    r"|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"
)
_OUTSIDE = r"\s@\"<>()\[\]{},;:=&?/#|\\"
_E_MAIL = (
    rf"(?<![^'{_OUTSIDE}])[^'{_OUTSIDE}][^{_OUTSIDE}]*(?:@|%40)"
    rf"(?:[^'{_OUTSIDE}]*[^\W_]|\[[^\]\s]+\])"
)
TELLTALE = re.compile(f"(?P<email>{_E_MAIL})|(?P<secret>{_CREDENTIALS})")
"""What gives itself away by its look."""

URL = re.compile(r"https?://[^\s\"'<>\\]+", re.IGNORECASE)
"""An address of the web, which may carry either."""
