"""Every error this library raises, in one tree.

::

    UnifiedCheckoutError
    ├── ConfigurationError            what is configured cannot work; nothing was sent
    │   ├── UnknownAccount
    │   ├── MissingEnvironmentVariable
    │   ├── LiveKeyInFile             a key in the file that is not plainly a test key
    │   ├── ProviderLoadError
    │   │   ├── UnknownProvider       no installed adapter has that name
    │   │   ├── AmbiguousProvider     two distributions claim the name
    │   │   └── BrokenProvider        the adapter is installed but unusable
    │   └── UnusableStore             no store of ours, a newer one, or not to be opened
    ├── StoreError                    a store could not be read or written; it stands as before
    │   └── StoreInUse                another sync or a reader holds it
    ├── InvalidQuery                  the question is malformed; nothing was sent
    │   └── UnsupportedPredicate      a provider cannot answer one condition of it
    ├── InvalidCursor                 foreign, stale or edited
    ├── ClientClosed                  asked after it was closed
    ├── AlreadyRead                   a listing that was read is iterated once more
    ├── ListingInUse                  another thread or task is reading the same listing
    ├── BudgetSpent                   max_requests or the deadline came before the answer's end
    ├── IncompleteAnswer              a listing that broke off is iterated once more, or asked for by
    │                                 ``coverage.raise_if_incomplete()``
    └── ProviderError                 an account's provider, or the way to it, failed
        ├── TerminalError             the same request would fail again
        │   ├── NotReady              what is configured keeps it from being asked; nothing was sent
        │   ├── InvalidRequest        400, 422 and the other refusals
        │   ├── AuthenticationError   401
        │   ├── PermissionDenied      403
        │   ├── NotFound              404, and the provider says of what
        │   ├── AddressNotFound       404, and nothing that the provider says
        │   ├── AdapterFailed         a mistake in the adapter, or it is not finished
        │   ├── MalformedPage         a row that is not what the provider documents
        │   ├── PagingError           the list does not advance, or repeats itself
        │   ├── UnexpectedRedirect    never followed: it could carry the key elsewhere
        │   ├── TlsError              no encrypted connection to whom the certificate must name
        │   ├── ProxyRefused          a proxy on the way does not let the request through
        │   ├── UnsupportedAnswer     not HTTP/1.1, or in a form that was not asked for or is not read
        │   ├── ResponseTooLarge      more than the configured size
        │   ├── WindowTooFull         a span of time holds more than the provider lists of it
        │   ├── NotYetListed          a span of time begins after all that the provider lists by now
        │   └── RetryRefused          the provider says not to try again
        └── TransientError            the same request may succeed later
            ├── RateLimited           429
            ├── PlaceExpired          the place to continue from is no longer known
            ├── ServerError           5xx
            ├── ConnectionFailed      name not found, refused, reset, cut off in mid-body
            ├── RequestTimeout        no connection, or no whole answer, in time
            └── UnreadableBody        not JSON, or cut short

No message holds a key or personal data: messages name fields, types and ids, never values
that a provider sent about a person. What somebody wrote in the wrong place may be a key, and is
repeated only where it is plain words; that holds for the attributes too. (What tells is imported
where an error is made, so that a command which makes none is quick.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


class UnifiedCheckoutError(Exception):
    """The root of the tree drawn at the top of this module. Every error pickles."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (type(self), self.args, self.__dict__)


def _rebuilt(
    kind: type[UnifiedCheckoutError], args: tuple[Any, ...], state: dict[str, Any]
) -> UnifiedCheckoutError:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(state)
    return error


class ConfigurationError(UnifiedCheckoutError):
    """What is configured cannot work. Raised before anything is sent."""


class UnknownAccount(ConfigurationError):
    """No configured account has this name."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        from unified_checkout.spelling import did_you_mean
        from unified_checkout.telltales import named, quoted

        self.name = named(name)
        self.known = tuple(known)
        what = f"no account named {quoted(name)}"
        if not isinstance(name, str):
            what = f"{quoted(name)} is no name of an account"
        super().__init__(f"{what}; configured: {_listed(known)}{did_you_mean(name, known)}")


class MissingEnvironmentVariable(ConfigurationError):
    """The configuration refers to an environment variable that is not set, or is empty."""

    def __init__(
        self, variable: str, *, account: str, option: str, named_by: str | None = None
    ) -> None:
        from unified_checkout.telltales import NOT_SHOWN, is_variable_name, named, quoted

        self.variable = variable if is_variable_name(variable) else NOT_SHOWN
        self.account = named(account)
        self.option = named(option)
        what = f"the environment variable {variable} is not set"
        if named_by is not None:
            what = f"the environment variable that {named(named_by)} names is not set"
        elif self.variable is NOT_SHOWN:
            what = (
                "what stands for the name of the environment variable is not set "
                f"{NOT_SHOWN}; if it is the key itself, put it into a variable, and write that "
                "variable's name"
            )
        super().__init__(f"account {quoted(account)}: {self.option}: {what}")


class LiveKeyInFile(ConfigurationError):
    """A key in the file is not plainly a test key; a live one does not belong into a file."""

    def __init__(self, account: str) -> None:
        self.account = account
        super().__init__(
            f"account {account!r}: api_key: only a test key may be written in the file; write "
            'api_key = { env = "VARIABLE" } and put the key into that environment variable, or '
            "name a file, a command or the keyring that holds it"
        )


class ProviderLoadError(ConfigurationError):
    """An adapter could not be loaded."""


class UnknownProvider(ProviderLoadError):
    """No installed adapter has this name."""

    def __init__(self, name: str, known: Sequence[str], *, named_by: str | None = None) -> None:
        from unified_checkout.spelling import did_you_mean
        from unified_checkout.telltales import named, quoted

        self.name = named(name)
        self.known = tuple(known)
        whom = quoted(name) if named_by is None else f"that {named(named_by)} names"
        super().__init__(
            f"no adapter for provider {whom} is installed; installed: {_listed(known)}"
            f"{did_you_mean(name, known) or '.'} "
            "An adapter registers through the entry-point group 'unified_checkout.providers'"
        )


class AmbiguousProvider(ProviderLoadError):
    """Two distributions claim one provider name."""


class BrokenProvider(ProviderLoadError):
    """The adapter is installed, but importing it fails, or it is not finished."""


class UnusableStore(ConfigurationError):
    """What should be a store is none of ours, is of a newer version, or cannot be opened."""


class StoreError(UnifiedCheckoutError):
    """A store could not be read or written. What it held before, it holds still."""


class StoreInUse(StoreError):
    """Another sync, or a program that reads the store, holds it."""


class InvalidQuery(UnifiedCheckoutError):
    """The question is malformed. Raised before anything is sent."""


class UnsupportedPredicate(InvalidQuery):
    """A provider neither evaluates a condition nor sends what would let us evaluate it."""

    def __init__(self, *, account: str, provider: str, predicate: str, reason: str) -> None:
        self.account = account
        self.provider = provider
        self.predicate = predicate
        self.reason = reason
        super().__init__(
            f"account {account!r} ({provider}) cannot answer {predicate}: {reason}. "
            "Leave the condition out, or name with accounts=... those that can answer it"
        )


class InvalidCursor(UnifiedCheckoutError):
    """The cursor is foreign, stale or edited."""


class ClientClosed(UnifiedCheckoutError):
    """The client was closed before the answer was read."""

    def __init__(self) -> None:
        super().__init__(
            "the client is closed; read the whole answer before it is, or make another client"
        )


class AlreadyRead(UnifiedCheckoutError):
    """A listing was read to its end; its sessions are not kept."""

    def __init__(self) -> None:
        super().__init__(
            "this listing was read to its end; keep its sessions in a list, or ask again"
        )


class ListingInUse(UnifiedCheckoutError):
    """Two threads or tasks take sessions from one listing at once."""

    def __init__(self) -> None:
        super().__init__(
            "another thread or task is reading this listing; let one of them read it, "
            "or ask again for each"
        )


class BudgetSpent(UnifiedCheckoutError):
    """``max_requests`` or the deadline came before the end of the answer.

    Where reading got nowhere at all, so that the same would come again, there is no cursor, and it
    says what to allow at least. A page raises it only there.

    Attributes:
        stopped: what it was stopped at, in words.
        coverage: what was read until then; None for sessions by their ids.
        cursor: where to go on; None where no place can be named, or reading got nowhere.
        found: of sessions by their ids, those that were read until then.
    """

    def __init__(
        self, stopped: str, coverage: Any, cursor: str | None, enough: str = "more"
    ) -> None:
        self.stopped = stopped
        self.coverage = coverage
        self.cursor = cursor
        self.found: dict[str, Any] = {}
        onward = f"allow {enough}" if cursor is None else "go on from its cursor"
        super().__init__(f"{stopped}, before the end of the answer; {onward}")


class IncompleteAnswer(UnifiedCheckoutError):
    """The answer is known to lack something; ``coverage`` says what."""

    def __init__(self, message: str, coverage: Any) -> None:
        self.coverage = coverage
        super().__init__(message)


class ProviderError(UnifiedCheckoutError):
    """An account's provider, or the way to it, failed.

    Attributes:
        account: the account's name.
        provider: the provider's name.
        status: the HTTP status, if an answer came.
        code: the provider's own code for the failure, if it sent one.
        request_id: the provider's id of the request, if it sent one.
        hint: what to do next.
        sessions: sessions that were read but not yet handed out when listing failed.
        coverage: what the listing had covered when it failed; None outside a listing.
    """

    hint = "see the provider's documentation"

    def __init__(
        self,
        message: str,
        *,
        account: str,
        provider: str,
        status: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
        hint: str | None = None,
    ) -> None:
        self.message = message
        self.account = account
        self.provider = provider
        self.status = status
        self.code = code
        self.request_id = request_id
        self.hint = hint or type(self).hint
        self.sessions: tuple[Any, ...] = ()
        self.coverage: Any = None
        super().__init__(message)

    def __str__(self) -> str:
        facts = [f"HTTP {self.status}" if self.status else "", self.code or ""]
        facts.append(f"request {self.request_id}" if self.request_id else "")
        said = ", ".join(fact for fact in facts if fact)
        where = f"account {self.account!r} ({self.provider}{', ' + said if said else ''})"
        return f"{where}: {self.message}. {self.hint[:1].upper()}{self.hint[1:]}"


class TerminalError(ProviderError):
    """The same request would fail again."""


class NotReady(TerminalError):
    """What is configured keeps an account from being asked: its key, or the way to the provider.

    Raised as a ``ConfigurationError`` unless failures are reported with the answer.
    """

    hint = "nothing was sent; 'unified-checkout doctor' helps"


class TransientError(ProviderError):
    """The same request may succeed later; the engine retries it.

    Attributes:
        retry_after: the provider's advice when to come back, in seconds, if it gave any.
    """

    hint = "it may pass; try again later"

    def __init__(self, message: str, *, retry_after: float | None = None, **where: Any) -> None:
        self.retry_after = retry_after
        advice = f"; the provider advises to wait {retry_after:g} s" if retry_after else ""
        super().__init__(f"{message}{advice}", **where)


class InvalidRequest(TerminalError):
    """The provider refuses the request as malformed (400, 422, ...)."""

    hint = "see the message; 'explain' shows the parameters that are sent"


class AuthenticationError(TerminalError):
    """The key is missing, wrong, expired or revoked (401)."""

    hint = "check the account's api_key; 'unified-checkout doctor' helps"


class PermissionDenied(TerminalError):
    """The key may not read checkout sessions (403)."""

    hint = "give the key permission to read checkout sessions"


class NotFound(TerminalError):
    """There is no such object in this account and mode, as the provider itself says (404)."""

    hint = "check the id, and that key and id are both live or both test"


class AddressNotFound(TerminalError):
    """There is no such address (404), and nothing that the provider says of an object.

    What answers for it on the way may know none of the provider's addresses: whether there is such
    a session is not known.
    """

    hint = "check base_url; whether there is such an object is not known"


class AdapterFailed(TerminalError):
    """The adapter raised what it should not, gave what was not asked for, or is not finished."""

    hint = "this is for whoever writes the adapter; its conformance suite says more"


class MalformedPage(TerminalError):
    """A row is not what the provider documents.

    Attributes:
        row: the row's index in the page, from 0; None when the page itself is wrong.
        field: the dotted path of the field in the row.
    """

    hint = "the provider may have changed its format; please report the field"

    def __init__(self, message: str, *, row: int | None, field: str, **where: Any) -> None:
        self.row = row
        self.field = field
        place = f"row {row}, " if row is not None else ""
        super().__init__(f"{place}field {field!r}: {message}", **where)


class PagingError(TerminalError):
    """The list does not advance, repeats itself, or promises more without saying where."""

    hint = "the rows read so far are right, the rest is unknown; try again, and report it"


class UnexpectedRedirect(TerminalError):
    """The provider answered with a redirect, which is never followed."""

    hint = (
        "check base_url, and whether this network asks for a login: a redirect is not followed, so "
        "that the key stays with its provider"
    )


class TlsError(TerminalError):
    """No encrypted connection: a certificate that is not trusted or names another host, say."""

    hint = "check base_url, and this machine's clock and certificates (SSL_CERT_FILE names others)"


class ProxyRefused(TerminalError):
    """A proxy between here and the provider does not let the request through."""

    hint = "check the proxy that the environment names, and its user and password"


class UnsupportedAnswer(TerminalError):
    """An answer that is not HTTP/1.1, or comes in a form that was not asked for or is not read."""

    hint = "check base_url; something between here and the provider may have answered in its place"


class ResponseTooLarge(TerminalError):
    """The body is larger than the account's max_body_bytes."""

    hint = "raise the account's max_body_bytes if the provider is to be trusted, or lower page_size"


class WindowTooFull(TerminalError):
    """A span of time holds more sessions than the provider lists of it."""

    hint = "the span cannot be divided any further; ask for less with a narrower created"


class NotYetListed(TerminalError):
    """A span of time begins after everything that the provider lists by now."""

    hint = "ask for an earlier span of time, or later"


class RetryRefused(TerminalError):
    """A failure that the provider explicitly says not to retry."""

    hint = "the provider asks not to repeat this request"


class RateLimited(TransientError):
    """Too many requests (429).

    Attributes:
        reason: the provider's word for the limit that was hit, if it sent one.
    """

    hint = "lower the account's requests_per_second, or raise its max_wait"

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        reason: str | None = None,
        **where: Any,
    ) -> None:
        self.reason = reason
        limit = f" ({reason})" if reason else ""
        super().__init__(f"{message}{limit}", retry_after=retry_after, **where)


class PlaceExpired(TransientError):
    """The provider no longer knows the place to continue from."""

    hint = "begin the listing again"


class ServerError(TransientError):
    """The provider failed (5xx)."""


class ConnectionFailed(TransientError):
    """No connection, or one that broke in mid-answer."""

    hint = "check base_url and the network"


class RequestTimeout(TransientError):
    """No complete answer within the account's timeout."""

    hint = "raise the account's timeout, or lower page_size"


class UnreadableBody(TransientError):
    """The body is not JSON (an HTML page from a proxy, say) or is cut short."""

    hint = "something between here and the provider may have answered in its place"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"
