from .comparison import Comparison
from .dimension import Against, Dimension
from .figures import Counts, Figures, Hour, Line, Missing, Sales, Shared
from .html import page
from .rates import Rates, read_rates
from .spans import Span
from .stored import Stored, StoredAccount, read_store
from .table import SessionTable

__all__ = [
    "Against",
    "Comparison",
    "Counts",
    "Dimension",
    "Figures",
    "Hour",
    "Line",
    "Missing",
    "Rates",
    "Sales",
    "SessionTable",
    "Shared",
    "Span",
    "Stored",
    "StoredAccount",
    "page",
    "read_rates",
    "read_store",
]
