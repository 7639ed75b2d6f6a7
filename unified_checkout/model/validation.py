"""What is wrong with something people wrote, in sentences that never quote a value."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pydantic import ValidationError

Place = tuple[int | str, ...]


def explained(error: ValidationError, whole: str, allowed: Callable[[Place], Iterable[str]]) -> str:
    """All that is wrong, one sentence per field.

    Args:
        error: what pydantic found.
        whole: what to call the thing itself, where no single field is wrong.
        allowed: the names that are allowed beside an unknown one, by its place.
    """
    sentences = []
    for problem in error.errors(include_url=False, include_context=False, include_input=False):
        place = ".".join(str(step) for step in problem["loc"]) or whole
        message = problem["msg"].removeprefix("Value error, ")
        if problem["type"] == "extra_forbidden":
            message = f"there is no such field; allowed: {', '.join(allowed(problem['loc']))}"
        elif problem["type"] == "missing":
            message = "required, but not given"
        sentences.append(f"{place}: {message[:1].lower()}{message[1:]}")
    return "; ".join(sentences)
