"""What the name of a field tells of what it holds, at any provider."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from unified_checkout.adapters import Sensitive

_NAMES = (
    "first_name",
    "firstname",
    "forename",
    "fullname",
    "initials",
    "last_name",
    "lastname",
    "maiden_name",
    "name",
    "nickname",
    "surname",
    "username",
)
_PHONES = (
    "cell",
    "fax",
    "mobile",
    "mobile_number",
    "msisdn",
    "phone",
    "phone_number",
    "telephone",
    "whatsapp",
)
_TEXTS = (
    # where somebody lives
    "address",
    "building",
    "city",
    "county",
    "district",
    "house_number",
    "lat",
    "latitude",
    "line1",
    "line2",
    "line3",
    "line_1",
    "line_2",
    "lng",
    "lon",
    "longitude",
    "postal_code",
    "postcode",
    "province",
    "street",
    "suburb",
    "town",
    "zip",
    "zip_code",
    "zipcode",
    # who somebody is
    "age",
    "birth",
    "birth_date",
    "birthdate",
    "birthday",
    "birthplace",
    "citizenship",
    "date_of_birth",
    "dob",
    "gender",
    "nationality",
    "sex",
    # what somebody does
    "company",
    "employer",
    "job_title",
    "occupation",
    "profession",
    # numbers that a state or a bank gave
    "account_number",
    "bank_account",
    "branch_code",
    "bsb",
    "clabe",
    "cnpj",
    "cpf",
    "curp",
    "document_number",
    "driver_license",
    "government_id",
    "iban",
    "id_number",
    "identity_number",
    "ifsc",
    "institution_number",
    "license_number",
    "national_id",
    "passport",
    "passport_number",
    "personal_id",
    "rfc",
    "routing_code",
    "routing_number",
    "sin",
    "sort_code",
    "ssn",
    "ssn_last_4",
    "swift_code",
    "tax_id",
    "tax_number",
    "tin",
    "transit_number",
    "vat",
    "vat_id",
    "vat_number",
    # a card
    "bin",
    "card_number",
    "fingerprint",
    "first6",
    "iin",
    "last4",
    "last_4",
    "last_four",
    "pan",
    # a machine
    "device",
    "device_id",
    "ip",
    "ip_address",
    "ipv4",
    "ipv6",
    "mac_address",
    "user_agent",
    # what somebody typed
    "comment",
    "contact",
    "custom_data",
    "custom_field.value",
    "custom_field_data",
    "custom_fields.numeric.value",
    "custom_fields.value",
    "description",
    "input",
    "memo",
    "message",
    "msg",
    "metadata",
    "note",
    "notes",
    "statement_descriptor",
)
_SECRETS = (
    "access_token",
    "api_key",
    "auth_token",
    "authorization",
    "cookie",
    "credential",
    "credentials",
    "cvc",
    "cvv",
    "id_token",
    "otp",
    "passwd",
    "password",
    "pin",
    "private_key",
    "refresh_token",
    "session_token",
    "signature",
)
_NOT_THE_BUYERS = (
    "address.country",
    "address.country_code",
    "cancel_url",
    "doc_url",
    "next_page_url",
    "next_url",
    "previous_page_url",
    "previous_url",
    "prev_page_url",
    "prev_url",
    "return_url",
    "success_url",
)
"""What would be taken for a buyer's by the end of its name."""

COMMON: dict[str, Sensitive | None] = {
    **dict.fromkeys(("email", "email_address", "mail"), Sensitive.EMAIL),
    **dict.fromkeys(_NAMES, Sensitive.NAME),
    **dict.fromkeys(_PHONES, Sensitive.PHONE),
    **dict.fromkeys(_TEXTS, Sensitive.TEXT),
    **dict.fromkeys(_SECRETS, Sensitive.SECRET),
    **dict.fromkeys(("url", "uri"), Sensitive.PAGE),
    **dict.fromkeys(_NOT_THE_BUYERS),
}
"""By the end of a field's dotted path, what it holds at any provider; None is nobody's."""

_IN_PAPERS = (
    "birth",
    "birthdate",
    "birthday",
    "cnpj",
    "cpf",
    "cuil",
    "cuit",
    "curp",
    "dni",
    "dob",
    "iban",
    "licence",
    "license",
    "maiden",
    "nif",
    "nino",
    "nric",
    "passport",
    "pesel",
    "rut",
    "ssn",
)
_INSIDE = {
    **dict.fromkeys(_IN_PAPERS, Sensitive.TEXT),
    **dict.fromkeys(("passphrase", "passwd", "password"), Sensitive.SECRET),
}
"""By a word anywhere in a field's own name, what it holds, where its end does not tell."""

_DEEPEST = 3
_LISTS = ("data",)
_IDENTIFIER = re.compile(r"[A-Za-z_$@][\w$@.:\[\]-]{0,63}|\d{1,3}", re.ASCII)
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_ENDING = re.compile(r"[._]")

Path = tuple[str, ...]
"""The names of a field and of those that it is in, outermost first."""


@lru_cache(maxsize=5000)
def plain(name: str) -> str:
    """A field's name in the one spelling that the tables use.

    >>> plain("postalCode"), plain("Set-Cookie")
    ('postal_code', 'set_cookie')
    """
    return _HUMP.sub("_", name).replace("-", "_").lower()


def parameter_path(parameter: str) -> Path:
    """A parameter's name as a path.

    >>> parameter_path("customer[email]")
    ('customer', 'email')
    """
    return tuple(part for part in re.split(r"[\[\].]+", parameter) if part) or (parameter,)


def is_a_name(text: str) -> bool:
    """Whether the key of an object looks like a field's name, not like text or somebody's number.

    >>> is_a_name("line_items"), is_a_name("Jenny Rosen"), is_a_name("+12025550123")
    (True, False, False)
    """
    return _IDENTIFIER.fullmatch(text) is not None


class Names:
    """What fields hold, by their names.

    Args:
        own: a provider's own fields, as in ``Adapter.sensitive``.

    >>> names = Names({"last_words": Sensitive.TEXT})
    >>> names.kind(("charge", "payerName"))
    <Sensitive.NAME: 'name'>
    >>> names.kind(("poet", "last_words", "second_line"), Sensitive.TEXT)
    <Sensitive.TEXT: 'text'>
    >>> names.kind(("tax_ids", "data", "value"))

    The longest path that is declared decides, and None speaks of a whole name only:

    >>> names = Names({"name": None, "parcel.name": Sensitive.NAME})
    >>> names.kind(("problem", "name")), names.kind(("parcel", "name")), names.kind(("full_name",))
    (None, <Sensitive.NAME: 'name'>, <Sensitive.NAME: 'name'>)

    Some words tell wherever they stand in a name:

    >>> names.kind(("holder", "passport_id")), names.kind(("holder", "ibans2"))
    (<Sensitive.TEXT: 'text'>, <Sensitive.TEXT: 'text'>)

    A path that begins with a point is the whole one, from the top of an answer:

    >>> names = Names({".name": None})
    >>> names.kind(("name",)), names.kind(("card", "name"))
    (None, <Sensitive.NAME: 'name'>)
    """

    def __init__(self, own: Mapping[str, Sensitive | None] | None = None) -> None:
        self._own = own or {}
        told = {ending: kind for ending, kind in self._own.items() if kind is not None}
        self._kinds = {**COMMON, **told}
        self._found: dict[tuple[Path, Sensitive | None], Sensitive | None] = {}
        self._exempt: dict[Path, bool] = {}

    def kind(self, path: Path, inherited: Sensitive | None = None) -> Sensitive | None:
        """What the field at a path holds, given what the one above it does."""
        asked = (path, inherited)
        if asked not in self._found:
            self._found[asked] = self._find(path, inherited)
        return self._found[asked]

    def _find(self, path: Path, inherited: Sensitive | None) -> Sensitive | None:
        if self.exempt(path):
            return None
        joined = _joined(path)
        for start in _starts(joined):
            ending = joined[start:]
            if ending in self._kinds:
                return self._kinds[ending]
        last = joined.rpartition(".")[2]
        if "secret" in last:
            return Sensitive.SECRET
        words = (word.rstrip("0123456789").removesuffix("s") for word in last.split("_"))
        return inherited or next((_INSIDE[word] for word in words if word in _INSIDE), None)

    def kind_of_items(self, path: Path, inherited: Sensitive | None) -> Sensitive | None:
        """What each text or number in a list holds: the list's name is a plural."""
        kind = self.kind(path, inherited)
        for plural in ("es", "s"):
            if kind is None and path[-1:] and path[-1].endswith(plural):
                kind = self.kind((*path[:-1], path[-1].removesuffix(plural)), inherited)
        return kind

    def exempt(self, path: Path) -> bool:
        """Whether the adapter declares that a field tells of nobody."""
        if path not in self._exempt:
            self._exempt[path] = self._is_exempt(path)
        return self._exempt[path]

    def _is_exempt(self, path: Path) -> bool:
        whole = "".join(f".{plain(name)}" for name in path)
        if self._own.get(whole, Sensitive.TEXT) is None:
            return True
        joined = _joined(path)
        for start in _starts(joined) if self._own else ():
            kind = self._own.get(joined[start:], Sensitive.TEXT)
            if kind is None and joined[start - 1 : start] in ("", "."):
                return True
            if joined[start:] in self._own and kind is not None:
                return False
        return False


@lru_cache(maxsize=5000)
def _joined(path: Path) -> str:
    """The innermost names, those of plain lists left out."""
    inner = [plain(name) for name in path[-_DEEPEST - len(_LISTS) :]]
    named = [name for name in inner[:-1] if name not in _LISTS] + inner[-1:]
    return ".".join(named[-_DEEPEST:])


def _starts(joined: str) -> Iterator[int]:
    """Where an ending begins: the longest first."""
    yield 0
    for end in _ENDING.finditer(joined):
        yield end.end()
