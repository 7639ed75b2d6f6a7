from .dimension import Dimension
from .figures import Counts, Figures, Hour, Line, Missing, Sales, Shared
from .spans import Span
from .table import SessionTable

__all__ = [
    "Counts",
    "Dimension",
    "Figures",
    "Hour",
    "Line",
    "Missing",
    "Sales",
    "SessionTable",
    "Shared",
    "Span",
]
