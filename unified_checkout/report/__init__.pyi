from .comparison import Comparison
from .completion import Cohort, Completion, Within
from .covered import Covered
from .dimension import Against, Dimension
from .figures import Counts, Figures, Hour, Line, Missing, Sales, Shared
from .html import page
from .language import languages
from .picture import drawing, picture
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
    "Covered",
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
    "drawing",
    "languages",
    "page",
    "picture",
    "read_rates",
    "read_store",
]
