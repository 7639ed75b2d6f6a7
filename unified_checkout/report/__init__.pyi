from .comparison import Comparison
from .completion import Cohort, Completion, Within
from .dimension import Against, Dimension
from .figures import Counts, Figures, Hour, Line, Missing, Sales, Shared
from .html import page
from .rates import Rates, read_rates
from .spans import Span
from .stored import Stored, StoredAccount, read_store
from .table import SessionTable

__all__ = [
    "Against",
    "Cohort",
    "Comparison",
    "Completion",
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
    "Within",
    "page",
    "read_rates",
    "read_store",
]
