"""The cassette file: YAML, one exchange after the other, each body as JSON laid out.

What is read is plain data, and msgspec checks the shape.
"""

from __future__ import annotations

import os
import re
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Struct

from unified_checkout.adapters import Request, Response
from unified_checkout.model.times import AwareDatetime
from unified_checkout.testing.cassettes import plain_yaml
from unified_checkout.testing.cassettes.errors import CassetteError

_HEAD = "# Recorded by unified-checkout; secrets and personal data are replaced by substitutes.\n"
_WIDEST = 2**31 - 1
_LARGEST = 64 * 2**20
_PROBLEM = re.compile(
    r"Expected .*|Object missing required field `\w+`|Object contains unknown field"
    r"|Invalid RFC3339 encoded datetime|Invalid enum value"
)

UNANSWERED = "unanswered"
"""The failure of a request whose answer nobody waited for."""


class Asked(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A request as it is recorded: scrubbed and unsigned."""

    account: str
    provider: str
    path: str
    parameters: tuple[str, ...] = ()
    """As ``name=value``, in order."""
    headers: dict[str, str] = {}
    method: Literal["GET", "POST"] = "GET"
    body: str = ""

    @classmethod
    def of(cls, account: str, provider: str, request: Request) -> Asked:
        """An account's request."""
        return cls(
            account=account,
            provider=provider,
            path=request.path,
            parameters=tuple(f"{name}={value}" for name, value in request.parameters),
            headers=dict(request.headers),
            method=request.method,
            body=request.body.decode(),
        )

    def request(self) -> Request:
        """The request as an adapter writes it."""
        pairs = (parameter.partition("=") for parameter in self.parameters)
        return Request(
            path=self.path,
            parameters=tuple((name, value) for name, _, value in pairs),
            headers=self.headers,
            method=self.method,
            body=self.body.encode(),
        )

    def lines(self) -> list[str]:
        """The request for people to read and compare."""
        return [
            f"account {self.account} ({self.provider})",
            f"{self.method} {self.path}",
            *sorted(self.parameters),
            *(f"{name}: {value}" for name, value in sorted(self.headers.items())),
            *self.body.splitlines(),
        ]


class Reply(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A response as it is recorded."""

    status: Annotated[int, msgspec.Meta(ge=100, le=999)]
    headers: dict[str, str] = {}
    body: str = ""

    @classmethod
    def of(cls, response: Response) -> Reply:
        """A scrubbed response."""
        return cls(response.status, dict(response.headers), response.body.decode())

    def response(self) -> Response:
        """The response as an adapter reads it."""
        return Response(status=self.status, headers=self.headers, body=self.body.encode())


class Exchange(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One request and what came of it."""

    request: Asked
    response: Reply | None = None
    failure: str | None = None
    """What came instead: the name of the error, or ``UNANSWERED``."""

    def __post_init__(self) -> None:
        if (self.response is None) == (self.failure is None):
            raise ValueError("Expected either a response or a failure")


class Recording(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a cassette file holds."""

    version: Literal[1]
    recorded_from: Literal["provider", "sandbox"]
    """Whether a provider answered, or a server on the same machine."""
    recorded_at: AwareDatetime
    """When; while a test replays, it is that moment again."""
    exchanges: tuple[Exchange, ...]
    recorded_by: str | None = None
    """The test that pytest is to run for it to be recorded again, if a test recorded it."""


def read(path: Path) -> Recording:
    """The recording in a file.

    Raises:
        CassetteError: if it is no cassette, why and where.
        ConfigurationError: if the ``testing`` extra is missing.
    """
    return parsed(path, text_of(path))


def text_of(path: Path) -> str:
    """What is written in a file.

    Raises:
        CassetteError: if it cannot be read, is larger than a cassette may be, or is no text.
    """
    if not path.is_file():
        raise CassetteError(f"{path} is not a cassette: it is no file")
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except OSError as error:
        raise CassetteError(f"{path} cannot be read: {error.strerror}") from error
    if len(content) > _LARGEST:
        raise CassetteError(f"{path} is not a cassette: it is larger than {_LARGEST:,} bytes")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise CassetteError(f"{path} is not a cassette: line {line} is not UTF-8") from error


def parsed(path: Path, text: str) -> Recording:
    """The recording in the text of a file.

    Raises:
        CassetteError: if it is none, why and where.
        ConfigurationError: if the ``testing`` extra is missing.
    """
    try:
        document = plain_yaml.decoded(text)
    except plain_yaml.NotPlain as error:
        raise CassetteError(f"{path} is not a cassette: {error}") from error
    if not isinstance(document, dict) or "exchanges" not in document:
        raise CassetteError(f"{path} is not a cassette: it holds no exchanges")
    try:
        return msgspec.convert(document, Recording, strict=False)
    except msgspec.ValidationError as error:
        raise CassetteError(
            f"{path} is not a cassette of this version: {_without_values(str(error))}; "
            "delete it and record it again"
        ) from error


def _without_values(problem: str) -> str:
    """What msgspec says, without what the file holds.

    >>> _without_values("Object contains unknown field `Jenny` - at `$.exchanges[0]`")
    'Object contains unknown field at $.exchanges[0]'
    """
    what, _, place = problem.rpartition(" - at `")
    known = _PROBLEM.match(what or problem)
    return (known[0] if known else "Unexpected value") + (f" at {place[:-1]}" if what else "")


def written(recording: Recording) -> str:
    """A recording as the text of its file."""
    document = msgspec.to_builtins(recording, enc_hook=datetime.isoformat)
    text: str = plain_yaml.library().dump(
        document, Dumper=_dumper(), allow_unicode=True, sort_keys=False, width=_WIDEST
    )
    return _HEAD + text


def save(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_bytes(content)
    part.replace(path)


def _dumper() -> Any:
    """YAML's safe dumper, with text of several lines written as such."""
    yaml = plain_yaml.library()

    class Dumper(yaml.SafeDumper):  # type: ignore[misc, name-defined]
        def ignore_aliases(self, data: object) -> bool:
            return True

    def text(dumper: Any, data: str) -> Any:
        style = "|" if "\n" in data else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", data, style=style)

    Dumper.add_representer(str, text)
    return Dumper
