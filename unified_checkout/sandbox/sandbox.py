"""``Sandbox``: every provider, on this machine."""

from __future__ import annotations

import json
import math
import pkgutil
import socket
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import attrs

from unified_checkout.adapters.guarding import mistake
from unified_checkout.adapters.registry import load, names
from unified_checkout.errors import (
    BrokenProvider,
    ConfigurationError,
    ProviderLoadError,
    UnknownAccount,
    UnknownProvider,
)
from unified_checkout.extras import needing
from unified_checkout.printing import OneLine
from unified_checkout.sandbox.exchange import Received
from unified_checkout.sandbox.facts import Facts, is_number, is_whole
from unified_checkout.sandbox.faults import Fault
from unified_checkout.sandbox.imitation import Hook, Imitation, Throttle
from unified_checkout.sandbox.invention import Invention
from unified_checkout.sandbox.provider import ProviderSandbox
from unified_checkout.spelling import did_you_mean

if TYPE_CHECKING:
    from unified_checkout.config import Account
    from unified_checkout.sandbox.server import Server

HOST = "127.0.0.1"
MOST_SESSIONS = 1_000_000
"""More would fill the memory before anything is served."""
_FIELDS = tuple(field.name for field in attrs.fields(Facts))


def _allowed(words: str, test: Callable[[Any], bool]) -> Any:
    """A field whose value is refused, by the field's name, unless it passes a test."""

    def check(sandbox: Sandbox, field: attrs.Attribute[Any], value: Any) -> None:
        if not test(value):
            raise _refused("Sandbox", field.name, value, words)

    return check


def _refused(where: str, name: str, value: object, words: str) -> ConfigurationError:
    found = repr(value) if is_number(value) else f"of type {type(value).__name__}"
    return ConfigurationError(f"{where}: {name} is {found}; allowed: {words}")


def _is_port(value: Any) -> bool:
    return is_whole(value) and 0 <= value <= 65535


def _is_several(value: Any, kind: type) -> bool:
    """Whether it holds things of a kind; what can be gone through only once is not gone through."""
    listed = isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping)
    return listed and (isinstance(value, Iterator) or all(isinstance(one, kind) for one in value))


@attrs.define(kw_only=True, eq=False, repr=False)
class Sandbox(OneLine):
    """Imitations of the installed providers, each on a loopback port of its own.

    Each is as strict as its provider, holds sessions of its own, and is reached through an account
    that bears the provider's name. Needs the ``sandbox`` extra.

    >>> with Sandbox(sessions=3, seed=1) as sandbox:
    ...     {len(sandbox.truth(account.name)) for account in sandbox.accounts}
    {3}

    Raises:
        ConfigurationError: if an argument is not what is allowed; on entering, if the ``sandbox``
            extra is missing, a named provider ships no sandbox, two facts share a serial, or a
            port is taken.
    """

    sessions: int = attrs.field(
        default=300,
        validator=_allowed(
            f"a whole number from 0 to {MOST_SESSIONS:,}",
            lambda one: is_whole(one) and 0 <= one <= MOST_SESSIONS,
        ),
    )
    """How many sessions each provider holds."""
    seed: int = attrs.field(default=1, validator=_allowed("a whole number", is_whole))
    """The same seed and ``now`` give the same sessions."""
    providers: Iterable[str] | None = attrs.field(
        default=None,
        validator=_allowed(
            "None or a list of names", lambda one: one is None or _is_several(one, str)
        ),
    )
    """The names of the providers to imitate; None is every installed one that ships a sandbox."""
    facts: Sequence[Facts] | None = attrs.field(
        default=None,
        validator=_allowed(
            "None or a list of Facts", lambda one: one is None or _is_several(one, Facts)
        ),
    )
    """What every provider holds, instead of sessions that are made up; those of the same second
    in the order of the list."""
    ports: Mapping[str, int] = attrs.field(
        factory=dict,
        validator=_allowed(
            "a whole number from 0 to 65535 for each provider's name",
            lambda one: isinstance(one, Mapping) and all(map(_is_port, one.values())),
        ),
    )
    """Ports by provider name; 0 or none is any free one."""
    now: int | None = attrs.field(
        default=None,
        validator=_allowed("None or whole Unix seconds", lambda one: one is None or is_whole(one)),
    )
    """Unix seconds at which the providers' clock stands still; None lets it run."""
    latency: float = attrs.field(
        default=0.0,
        validator=_allowed("seconds from 0 on", lambda one: is_number(one) and 0 <= one < math.inf),
    )
    """Seconds before each answer."""
    requests_per_second: float | None = attrs.field(
        default=None,
        validator=_allowed(
            "None or a number above 0", lambda one: one is None or (is_number(one) and one > 0)
        ),
    )
    """The rate above which each provider answers 429; None admits any."""
    options: Mapping[str, Mapping[str, Any]] = attrs.field(factory=dict)
    """By provider name: attributes of its ``ProviderSandbox``."""
    _imitations: dict[str, Imitation] = attrs.field(factory=dict, init=False)
    _inventions: dict[str, Invention] = attrs.field(factory=dict, init=False)
    _urls: dict[str, str] = attrs.field(factory=dict, init=False)
    _server: Server | None = attrs.field(default=None, init=False)

    def __enter__(self) -> Self:
        serve = _server_class()
        self._imitate_all()
        kinds = [*self._imitations]
        for name in (*self.ports, *self.options):
            if name not in kinds:
                raise UnknownProvider(name, kinds)
        with ExitStack() as bound:
            sockets = [
                bound.enter_context(_listening(name, self.ports.get(name, 0))) for name in kinds
            ]
            bound.pop_all()
        ports = [listening.getsockname()[1] for listening in sockets]
        self._urls = {
            name: f"http://{HOST}:{port}" for name, port in zip(kinds, ports, strict=True)
        }
        self._server = serve(list(zip(sockets, self._imitations.values(), strict=True)))
        self._server.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop; raises what a hook or an imitation raised, unless an exception is under way."""
        if self._server is not None:
            self._server.stop()
        hidden = next(filter(None, map(self.failure, self._imitations)), None)
        if hidden is not None and error is None:
            raise hidden

    def __repr__(self) -> str:
        names = ", ".join(self._imitations) or "none until it is entered"
        return f"Sandbox(accounts: {names})"

    @property
    def accounts(self) -> list[Account]:
        """One account for each provider, ready for a client."""
        from unified_checkout.config import Account

        return [
            Account(
                name=name,
                provider=name,
                api_key=imitation.provider.api_key,
                base_url=self.url(name),
                requests_per_second=self.requests_per_second or math.inf,
                **load(name).options_type.examples(),
            )
            for name, imitation in self._imitations.items()
        ]

    def url(self, account: str) -> str:
        """The account's ``base_url``."""
        self._imitation_of(account)
        return self._urls[account]

    def config_toml(self) -> str:
        """A ``checkout.toml`` for this sandbox; its keys are invented test keys."""
        sections = [
            f"[accounts.{name}]\n"
            f"provider = {json.dumps(name)}\n"
            f"api_key = {json.dumps(imitation.provider.api_key)}\n"
            f"base_url = {json.dumps(self.url(name))}\n"
            f"requests_per_second = {self.requests_per_second or 'inf'}\n"
            + "".join(
                f"{option} = {json.dumps(value)}\n"
                for option, value in load(name).options_type.examples().items()
            )
            for name, imitation in self._imitations.items()
        ]
        return "\n".join(sections)

    def truth(self, account: str) -> list[Facts]:
        """What the account's provider holds now, newest first."""
        return self._imitation_of(account).truth()

    def arrive(self, account: str, facts: int | Iterable[Facts] = 1) -> list[Facts]:
        """Let sessions begin: so many made-up ones, now; or these. Returns them as held.

        Raises:
            ConfigurationError: if it is neither a number nor a list of ``Facts``, or one of them has
                the serial of another that is held.
        """
        imitation = self._imitation_of(account)
        facts = list(facts) if isinstance(facts, Iterator) else facts
        counted = isinstance(facts, int) and is_whole(facts) and 0 <= facts <= MOST_SESSIONS
        if not counted and not _is_several(facts, Facts):
            words = f"a whole number from 0 to {MOST_SESSIONS:,}, or a list of Facts"
            raise _refused("arrive", "facts", facts, words)
        if isinstance(facts, int):
            newest = max((one.created for one in imitation.truth()), default=0)
            created = max(newest, int(imitation.provider.clock()))
            facts = [self._inventions[account].fact(created) for _ in range(facts)]
        return imitation.hold(facts)

    def vanish(self, account: str, id: str) -> None:
        """Let a session be gone.

        Raises:
            KeyError: if the provider holds no session with this id.
        """
        self._holding(account, id).vanish(id)

    def change(self, account: str, id: str, **fields: Any) -> Facts:
        """Let fields of a session change, as in ``change(account, id, status="expired")``.

        Raises:
            KeyError: if the provider holds no session with this id.
            ConfigurationError: for a field that there is not, or a value of a wrong type.
        """
        for name in fields:
            if name not in _FIELDS:
                hint = did_you_mean(name, _FIELDS)
                raise ConfigurationError(f"change: Facts has no field {name!r}{hint}")
        return self._holding(account, id).change(id, fields)

    def on_request(self, account: str, hook: Hook | None) -> None:
        """Call ``hook(number)`` before each answer, the next request's number being 1.

        The hook may change what the provider holds, and the answer then shows it; it must not send
        requests itself. What it raises is raised on leaving the sandbox. None ends it.

        Raises:
            ConfigurationError: if it is not to be called.
        """
        if hook is not None and not callable(hook):
            raise _refused("on_request", "hook", hook, "a function of a number, or None")
        self._imitation_of(account).on_request(hook)

    def misbehave(self, account: str, *faults: Fault) -> None:
        """Spoil the account's next requests, one fault to a request; see ``faults``.

        Raises:
            ConfigurationError: for what is no fault.
        """
        for fault in faults:
            if not isinstance(fault, Fault):
                raise _refused("misbehave", "a fault", fault, "those of faults, as Status(429)")
        self._imitation_of(account).misbehave(faults)

    def failure(self, account: str) -> Exception | None:
        """What a hook or the imitation itself raised first, which leaving the sandbox raises."""
        return self._imitations[account].error

    def behave(self, account: str) -> None:
        """Forget the account's faults."""
        self._imitation_of(account).behave()

    def requests(self, account: str) -> list[Received]:
        """The requests the account's provider has received, their credentials blanked."""
        return self._imitation_of(account).requests()

    def clear_requests(self) -> None:
        """Forget the requests received so far."""
        for imitation in self._imitations.values():
            imitation.clear_requests()

    def _imitate_all(self) -> None:
        """Imitate the named providers, or any that can be."""
        self._imitations, self._inventions = {}, {}
        started = int(time.time()) if self.now is None else self.now
        if self.providers is None:
            for name in names():
                try:
                    self._imitate(name, started)
                except ProviderLoadError as error:
                    warnings.warn(f"left out of the sandbox: {error}", stacklevel=3)
        else:
            for name in self.providers:
                if not self._imitate(name, started):
                    raise ConfigurationError(f"provider {name!r} ships no sandbox")

    def _imitate(self, name: str, started: int) -> bool:
        """Imitate a provider, if it ships a sandbox.

        Raises:
            ProviderLoadError: if its adapter or its sandbox cannot be loaded, or is not finished.
        """
        adapter = load(name)
        if adapter.sandbox is None:
            return False
        now = self.now
        try:
            kind: type[ProviderSandbox] = pkgutil.resolve_name(adapter.sandbox)
            provider = kind(
                clock=time.time if now is None else lambda: now, **self.options.get(name, {})
            )
            invention = Invention(
                seed=self.seed, provider=name, now=started, currencies=kind.currencies
            )
            provider.hold(
                invention.history(self.sessions) if self.facts is None else reversed(self.facts)
            )
            adapter.options_type.examples()
        except Exception as error:
            given = self.facts is not None or name in self.options
            if given and not isinstance(error, NotImplementedError):
                raise
            raise BrokenProvider(f"provider {name!r}: {mistake(adapter, error)}") from error
        throttle = Throttle(self.requests_per_second)
        self._inventions[name] = invention
        self._imitations[name] = Imitation(
            provider=provider, latency=self.latency, throttle=throttle
        )
        return True

    def _holding(self, account: str, id: str) -> Imitation:
        imitation = self._imitation_of(account)
        if all(one.id != id for one in imitation.truth()):
            raise KeyError(f"{account} holds no session {id!r}")
        return imitation

    def _imitation_of(self, account: str) -> Imitation:
        if self._server is None:
            raise ConfigurationError("the sandbox is not running; enter it with 'with'")
        if not isinstance(account, str) or account not in self._imitations:
            raise UnknownAccount(account, list(self._imitations))
        return self._imitations[account]


def _server_class() -> type[Server]:
    with needing("sandbox", "the sandbox needs"):
        from unified_checkout.sandbox.server import Server
    return Server


def _listening(name: str, port: int) -> socket.socket:
    try:
        listening = socket.create_server((HOST, port))
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listening
    except OSError as error:
        raise ConfigurationError(
            f"port {port} for {name} cannot be used: {error.strerror}"
        ) from None
