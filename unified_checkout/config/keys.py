"""Where an account's key comes from, and what a key may look like."""

from __future__ import annotations

import atexit
import os
import re
import stat
from collections.abc import Callable, Hashable, Mapping
from pathlib import Path
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, ClassVar
from warnings import warn

import attrs
from pydantic import SecretStr

from unified_checkout import forks
from unified_checkout.errors import ConfigurationError, MissingEnvironmentVariable
from unified_checkout.frames import frameless
from unified_checkout.spelling import did_you_mean
from unified_checkout.telltales import named, plain_path, quoted

if TYPE_CHECKING:
    import subprocess

COMMAND_TIMEOUT = 60
"""How long a command may take to give a key, in seconds: somebody may have to unlock a vault."""

_LONGEST_KEY = 8192
_RUNNING: set[subprocess.Popen[bytes]] = set()
"""The commands that are giving a key, which a program that ends does not leave behind."""
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_FORMS = (
    '{ env = "VARIABLE" }, { file = "PATH" }, { command = ["PROGRAM", "ARGUMENT"] } or '
    '{ keyring = "SERVICE", user = "NAME" }'
)
_FLAWS = (
    (r"[^!-~]", "a key is printable ASCII without spaces; look for a stray blank or line break"),
    (r"[\"'`]", "a key holds no quotation marks; leave them out"),
    ("=", 'a key holds no "="; write the key alone, without the name of a variable before it'),
    (":", 'a key holds no ":"; write the key alone, without a word or a user before it'),
    (
        r"[^\w.~+/-]",
        "a key holds letters, digits and - . _ ~ + / only; look for what a shell should have set",
    ),
)


def _end_commands() -> None:
    for process in tuple(_RUNNING):
        process.kill()


atexit.register(_end_commands)


class KeySource(SecretStr):
    """A key that is found out when it is first needed, and kept from then on.

    Two are equal if they look in the same place. A pickle holds that place, never the key.

    Args:
        find: gives the key, or raises what ``get_secret_value`` then does.
    """

    def __init__(self, find: Callable[[], str]) -> None:
        self._find = find
        self._found: str | None = None
        self._begin()
        forks.in_children(self, KeySource._begin)

    def _begin(self) -> None:
        self._finding = Lock()

    @frameless
    def get_secret_value(self) -> str:
        """The key.

        Raises:
            ConfigurationError: if it cannot be had, naming the account and the option.
        """
        with self._finding:
            if self._found is None:
                self._found = self._find()
            return self._found

    @property
    def takes_time(self) -> bool:
        """Whether the key is still to be looked for, in more than the environment."""
        return self._found is None and getattr(self._find, "takes_time", True)

    @property
    def place(self) -> Hashable:
        """Where it is looked for, whatever account looks for it."""
        if isinstance(self._find, FromEnvironment | FromFile | FromCommand | FromKeyring):
            return attrs.evolve(self._find, account="")
        return self._find

    def at_hand(self) -> str | None:
        """The key, if it was found before or the environment holds it; nothing else is tried."""
        if self._found is not None:
            return self._found
        found = variable(self._find.variable) if isinstance(self._find, FromEnvironment) else None
        return found if found and not flaw(found) else None

    def __repr__(self) -> str:
        return f"KeySource({type(self._find).__name__})"

    __str__ = __repr__

    def __len__(self) -> int:
        return len(self.get_secret_value())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, KeySource) and self._find == other._find

    def __hash__(self) -> int:
        return hash(self._find)

    def __reduce__(self) -> tuple[type[KeySource], tuple[Callable[[], str]]]:
        return KeySource, (self._find,)


@attrs.frozen
class FromEnvironment:
    """The key is the value of an environment variable."""

    takes_time: ClassVar = False
    account: str
    variable: str = attrs.field(repr=False)
    named_by: str | None = attrs.field(default=None, repr=False, eq=False)
    """The environment variable that holds this one's name, as in the other sources."""

    def __call__(self) -> str:
        """The key."""
        found = variable(self.variable)
        if not found:
            raise MissingEnvironmentVariable(
                self.variable, account=self.account, option="api_key", named_by=self.named_by
            )
        where = _told(quoted(self.variable), self.named_by)
        return _checked(found, self.account, f"of the environment variable {where}")


@attrs.frozen
class FromFile:
    """The key is all that a file holds, but for blanks and line breaks around it."""

    account: str
    path: Path = attrs.field(repr=False)
    named_by: str | None = attrs.field(default=None, repr=False, eq=False)

    def __call__(self) -> str:
        """The key; a file that others may read gets a warning, before the key is read from it."""
        shown = _told(plain_path(self.path), self.named_by)
        try:
            with self.path.open("rb") as file:
                if os.name == "posix" and os.fstat(file.fileno()).st_mode & _OTHERS:
                    warn(
                        f"account {quoted(self.account)}: api_key: others on this machine may use "
                        f"the key's file {shown}; make it yours alone, as with chmod 600",
                        stacklevel=2,
                    )
                held = file.read(_LONGEST_KEY + 1)
        except (OSError, ValueError) as error:
            problem = getattr(error, "strerror", None) or "this is no path"
        else:
            return _checked(_text(held), self.account, f"in the file {shown}")
        raise _refusal(self.account, f"the key's file {shown}: {problem}")


@attrs.frozen
class FromCommand:
    """The key is what a command writes, but for blanks and line breaks around it."""

    account: str
    command: tuple[str, ...] = attrs.field(repr=False)

    def __call__(self) -> str:
        """The key. What the command says on standard error is not kept: it may be secret."""
        program = quoted(self.command[0])
        try:
            held, ended = self._written()
        except TimeoutError:
            problem = f"gave no key within {COMMAND_TIMEOUT} s"
        except (OSError, ValueError) as error:
            problem = f"cannot be run: {getattr(error, 'strerror', None) or 'this is no command'}"
        except RuntimeError:
            problem = "cannot be run: no thread can be started to read what it writes"
        else:
            if ended == 0 or len(held) > _LONGEST_KEY:
                return _checked(_text(held), self.account, f"of the command {program}")
            problem = f"ended with exit code {ended}; run it yourself to see why"
        raise _refusal(self.account, f"the key's command {program} {problem}")

    def _written(self) -> tuple[bytes, int]:
        """What the command writes, and its exit code; one that writes more than a key is ended.

        Raises:
            TimeoutError: if it takes too long.
            OSError: if it cannot be run.
            ValueError: if it is no command.
            RuntimeError: if nobody can read what it writes.
        """
        import subprocess

        process = subprocess.Popen(  # noqa: S603  (it is what the user configured)
            [os.path.expanduser(self.command[0]), *self.command[1:]],
            bufsize=0,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        _RUNNING.add(process)
        held = bytearray()

        def read() -> None:
            assert process.stdout is not None
            with process.stdout as output:
                while len(held) <= _LONGEST_KEY and (more := output.read(_LONGEST_KEY)):
                    held.extend(more)
            if len(held) <= _LONGEST_KEY:
                process.wait()

        reader = Thread(target=read, daemon=True)  # what the command begins may keep the pipe
        try:
            reader.start()
            reader.join(COMMAND_TIMEOUT)
            if reader.is_alive():
                raise TimeoutError
        finally:
            process.kill()
            ended = process.wait()
            _RUNNING.discard(process)
            if reader.ident is None and process.stdout is not None:
                process.stdout.close()  # it was not even started
        return bytes(held), ended


@attrs.frozen
class FromKeyring:
    """The key is a password in the system's keyring."""

    account: str
    service: str = attrs.field(repr=False)
    user: str = attrs.field(repr=False)
    named_by: str | None = attrs.field(default=None, repr=False, eq=False)

    def __call__(self) -> str:
        """The key."""
        from importlib import import_module

        place = f"service {quoted(self.service)}, user {quoted(self.user)}"
        if self.named_by is not None:
            place = f"what {named(self.named_by)} names"
        try:
            found = import_module("keyring").get_password(self.service, self.user)
        except ModuleNotFoundError:
            problem = "needs the extra: pip install 'unified-checkout[keyring]'"
        except Exception as error:  # noqa: BLE001  (each keyring has errors of its own)
            problem = f"cannot be asked ({type(error).__name__}); is it unlocked?"
        else:
            if found:
                return _checked(found, self.account, f"in the keyring ({place})")
            problem = f"holds no password for {place}"
        raise _refusal(self.account, f"the system's keyring {problem}")


def source(account: str, written: Mapping[Any, Any], set_by: str | None = None) -> KeySource:
    """The source that a table such as ``{ env = "VARIABLE" }`` names.

    Where environment variables hold what it says, as ``set_by`` tells, they are named instead.

    Raises:
        ValueError: if it names none.
    """
    match dict(written):
        case {"env": str(name), **rest} if not rest:
            if not name:
                raise ValueError(
                    'the name of the environment variable is empty; write { env = "VARIABLE" }'
                )
            return KeySource(FromEnvironment(account, name, None if set_by == name else set_by))
        case {"file": str(path), **rest} if path and not rest:
            return KeySource(FromFile(account, Path(os.path.expanduser(path)), set_by))
        case {"command": [str(program), *arguments], **rest} if program and not rest:
            if all(isinstance(argument, str) for argument in arguments):
                return KeySource(FromCommand(account, (program, *arguments)))
        case {"keyring": str(service), "user": str(user), **rest} if service and user and not rest:
            return KeySource(FromKeyring(account, service, user, set_by))
    known = ("env", "file", "command", "keyring", "user")
    meant = next(
        (m for name in written if name not in known and (m := did_you_mean(name, known))), ""
    )
    raise ValueError(f"write {_FORMS}, and nothing else in it{meant}")


def at_hand(key: SecretStr) -> str | None:
    """A key whose shape can be told without looking for it."""
    return key.at_hand() if isinstance(key, KeySource) else key.get_secret_value()


def same_key(key: SecretStr) -> Hashable:
    """What is equal for two accounts that have one key, as far as can be told without looking for it.

    >>> same_key(SecretStr("sk_test_x")) == same_key(SecretStr("sk_test_x"))
    True
    """
    found = at_hand(key)
    if found is None and isinstance(key, KeySource):
        return key.place
    return SecretStr(found or "")


def flaw(key: str) -> str:
    """What is wrong with a key, without a word of it; nothing if it may be one.

    >>> flaw("NAME=sk_test_x")
    'a key holds no "="; write the key alone, without the name of a variable before it'
    >>> flaw("sk_test_x")
    ''
    """
    if not key:
        return "the key is empty"
    if len(key) > _LONGEST_KEY:
        return f"a key is {_LONGEST_KEY} characters long at most"
    return next((said for pattern, said in _FLAWS if re.search(pattern, key, re.ASCII)), "")


def variable(name: str) -> str | None:
    """The value of an environment variable; None where there is none, or can be none."""
    try:
        return os.environ.get(name)
    except (ValueError, TypeError):
        return None


def _told(place: str, named_by: str | None) -> str:
    """A place, or the environment variable that holds it."""
    return place if named_by is None else f"that {named(named_by)} names"


def _text(held: bytes) -> str:
    """What a file or a command holds, as text; what is not ASCII is refused later."""
    return held.decode(errors="replace").strip()


def _checked(key: str, account: str, where: str) -> str:
    problem = flaw(key)
    if problem:
        raise _refusal(account, f"the key {where}: {problem}")
    return key


def _refusal(account: str, problem: str) -> ConfigurationError:
    return ConfigurationError(f"account {quoted(account)}: api_key: {problem}")
