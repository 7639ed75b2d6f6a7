"""The cassette file: YAML, one exchange after the other, each body as JSON laid out.

What is read is plain data: the safe loader makes no objects, and msgspec checks the shape.
"""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Struct

from unified_checkout.adapters import Request, Response
from unified_checkout.testing.cassettes.errors import CassetteError, missing_extra

_HEAD = "# Recorded by unified-checkout; secrets and personal data are replaced by substitutes.\n"
_WIDEST = 2**31 - 1

UNANSWERED = "unanswered"
"""The failure of a request whose answer nobody waited for."""

Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class Asked(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A request as it is recorded: scrubbed and unsigned."""

    account: str
    provider: str
    path: str
    parameters: tuple[str, ...] = ()
    """As ``name=value``, in order."""
    headers: dict[str, str] = {}

    @classmethod
    def of(cls, account: str, provider: str, request: Request) -> Asked:
        """An account's request."""
        return cls(
            account=account,
            provider=provider,
            path=request.path,
            parameters=tuple(f"{name}={value}" for name, value in request.parameters),
            headers=dict(request.headers),
        )

    def request(self) -> Request:
        """The request as an adapter writes it."""
        pairs = (parameter.partition("=") for parameter in self.parameters)
        return Request(
            path=self.path,
            parameters=tuple((name, value) for name, _, value in pairs),
            headers=self.headers,
        )

    def lines(self) -> list[str]:
        """The request for people to read and compare."""
        return [
            f"account {self.account} ({self.provider})",
            f"GET {self.path}",
            *sorted(self.parameters),
            *(f"{name}: {value}" for name, value in sorted(self.headers.items())),
        ]


class Reply(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A response as it is recorded."""

    status: int
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


class Recording(Struct, frozen=True, forbid_unknown_fields=True):
    """What a cassette file holds."""

    version: Literal[1]
    recorded_from: Literal["provider", "sandbox"]
    """Whether a provider answered, or a server on the same machine."""
    recorded_at: Moment
    """When; while a test replays, it is that moment again."""
    exchanges: tuple[Exchange, ...]


def read(path: Path) -> Recording:
    """The recording in a file.

    Raises:
        CassetteError: if it is no cassette, and why.
        ConfigurationError: if the ``testing`` extra is missing.
    """
    yaml = _yaml()
    try:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        document = yaml.load(path.read_bytes(), Loader=loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f": line {mark.line + 1} cannot be read" if mark else ""
        raise CassetteError(f"{path} is not a cassette{line}") from error
    if not isinstance(document, dict) or "exchanges" not in document:
        raise CassetteError(f"{path} is not a cassette: it holds no exchanges")
    try:
        return msgspec.convert(document, Recording)
    except msgspec.ValidationError as error:
        raise CassetteError(
            f"{path} is not a cassette of this version: {error}; delete it and record it again"
        ) from error


def written(recording: Recording) -> str:
    """A recording as the text of its file."""
    document = msgspec.to_builtins(recording)
    text: str = _yaml().dump(
        document, Dumper=_dumper(), allow_unicode=True, sort_keys=False, width=_WIDEST
    )
    return _HEAD + text


def save(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_text(text, encoding="utf-8", newline="\n")
    part.replace(path)


def _dumper() -> Any:
    """YAML's safe dumper, with text of several lines written as such."""
    yaml = _yaml()

    class Dumper(yaml.SafeDumper):  # type: ignore[misc, name-defined]
        def ignore_aliases(self, data: object) -> bool:
            return True

    def text(dumper: Any, data: str) -> Any:
        style = "|" if "\n" in data else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", data, style=style)

    Dumper.add_representer(str, text)
    return Dumper


def _yaml() -> Any:
    try:
        import yaml  # type: ignore[import-untyped]
    except ModuleNotFoundError as error:
        raise missing_extra(error) from error
    return yaml
