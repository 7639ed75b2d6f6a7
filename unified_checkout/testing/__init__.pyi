from .cassettes.cassette import Cassette
from .cassettes.errors import CassetteError, CassetteLeak, CassetteMismatch
from .conformance import AdapterConformance

__all__ = [
    "AdapterConformance",
    "Cassette",
    "CassetteError",
    "CassetteLeak",
    "CassetteMismatch",
]
