"""What is wrong with something people wrote, in sentences that never quote a value."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from unified_checkout.errors import InvalidQuery
from unified_checkout.frames import frameless
from unified_checkout.spelling import did_you_mean
from unified_checkout.telltales import named

Place = tuple[int | str, ...]


class Frozen(BaseModel):
    """What cannot be changed, and repeats no value in its errors: it may be a key.

    So no frame that is given one stays in their tracebacks, which crash reporters send.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    @frameless
    def __init__(self, /, **data: Any) -> None:
        super().__init__(**data)

    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]  # pyright: ignore[reportFunctionMemberAccess]
    """It does what pydantic's own does, which may then go straight to its validator."""

    @classmethod
    @frameless
    def model_validate(cls, obj: Any, **manner: Any) -> Self:
        """As pydantic's."""
        return super().model_validate(obj, **manner)

    @classmethod
    @frameless
    def model_validate_json(cls, json_data: str | bytes | bytearray, **manner: Any) -> Self:
        """As pydantic's."""
        return super().model_validate_json(json_data, **manner)

    @classmethod
    @frameless
    def model_validate_strings(cls, obj: Any, **manner: Any) -> Self:
        """As pydantic's."""
        return super().model_validate_strings(obj, **manner)

    @frameless
    def __setattr__(self, name: str, value: Any) -> None:
        try:
            super().__setattr__(name, value)
        except ValidationError as error:
            kinds = [problem["type"] for problem in error.errors()]
        else:
            return
        raise ValidationError.from_exception_data(
            type(self).__name__,
            [{"type": kind, "loc": (name,), "input": None} for kind in kinds],
            hide_input=True,
        )


def worded(message: str) -> WrapValidator:
    """For a field's annotation: what to write there, said whatever is wrong with it.

    >>> from typing import Annotated
    >>> from pydantic import Field, TypeAdapter
    >>> Code = Annotated[str, Field(pattern=r"^[a-z]{3}$"), worded("write three letters")]
    >>> try:
    ...     TypeAdapter(Code).validate_python("euro")
    ... except ValidationError as error:
    ...     explained(error, "code", lambda _: ())
    'code: write three letters'
    """

    def checked(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
        try:
            return handler(value)
        except ValidationError:
            raise ValueError(message) from None

    return WrapValidator(checked)


def expect(name: str, given: object, kinds: type | tuple[type, ...], allowed: str) -> None:
    """Refuse an argument of another type, which is named; the value is not shown.

    A bool is no number.

    >>> try:
    ...     expect("slice_rows", "many", int, "a number from 1 on")
    ... except InvalidQuery as error:
    ...     str(error)
    'slice_rows is of type str; allowed: a number from 1 on'

    Raises:
        InvalidQuery: if it is of none of these types.
    """
    if not isinstance(given, kinds) or (isinstance(given, bool) and kinds is not bool):
        raise InvalidQuery(f"{name} is of type {type(given).__name__}; allowed: {allowed}")


def told_of(what: str, variable: str | None) -> str:
    """What is spoken of, and the environment variable that sets it, if one does.

    >>> told_of("timeout", "ACME_TIMEOUT"), told_of("timeout", None)
    ('timeout, set by ACME_TIMEOUT', 'timeout')
    """
    return what if variable is None else f"{what}, set by {named(variable)}"


def explained(
    error: ValidationError,
    whole: str,
    allowed: Callable[[Place], Iterable[str]],
    missing: Callable[[int | str], str] = lambda _: "",
    meant: Callable[[Place, object], str] = lambda _, __: "",
    set_by: Mapping[str, str] | None = None,
) -> str:
    """All that is wrong, one sentence per field.

    Args:
        error: what pydantic found.
        whole: what to call the thing itself, where no single field is wrong.
        allowed: the names that are allowed beside an unknown one, by its place.
        missing: what to write for a field that must be given, by its name, if anything is known.
        meant: what to ask behind a word that is none of those that are known, by its place.
        set_by: the environment variables that fields are set by, to be named beside these.
    """
    sentences = []
    for problem in error.errors(include_url=False, include_context=False):
        place = ".".join(named(step) for step in problem["loc"]) or whole
        if set_by and problem["loc"]:
            place = told_of(place, set_by.get(str(problem["loc"][0])))
        message = problem["msg"].removeprefix("Value error, ")
        if problem["type"] == "extra_forbidden":
            names = list(allowed(problem["loc"]))
            asked = did_you_mean(problem["loc"][-1], names)
            message = f"there is no such field; allowed: {', '.join(names)}{asked}"
        elif problem["type"] == "tuple_type":
            message = "input should be a list"
        elif problem["type"] == "enum":
            message += meant(problem["loc"], problem["input"])
        elif problem["type"] == "missing":
            hint = missing(problem["loc"][-1])
            message = f"required, but not given; {hint}" if hint else "required, but not given"
        sentences.append(f"{place}: {message[:1].lower()}{message[1:]}")
    return "; ".join(sentences)
