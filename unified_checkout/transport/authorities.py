"""Which authorities are trusted to say who a provider is."""

from __future__ import annotations

import os
import ssl
from functools import cache

import httpx

from unified_checkout.errors import ConfigurationError


def context_for(base_url: str) -> ssl.SSLContext:
    """One TLS context for all accounts; plain HTTP gets one without authorities, made quickly.

    Raises:
        ConfigurationError: as ``trusting``.
    """
    return trusting() if base_url.startswith("https:") else _distrusting()


@cache
def trusting() -> ssl.SSLContext:
    """A context with the authorities that the environment names, else those of ``certifi``.

    Raises:
        ConfigurationError: naming the variable that keeps it from being made.
    """
    folders = os.environ.get("SSL_CERT_DIR", "")
    file = os.environ.get("SSL_CERT_FILE", "")
    if folders and not file and not any(map(os.path.isdir, folders.split(os.pathsep))):
        raise ConfigurationError("SSL_CERT_DIR: there is no such folder")
    try:
        return httpx.create_ssl_context()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
    variable = _at_fault(file, folders)
    raise ConfigurationError(f"{variable}: {reason}")


def _at_fault(file: str, folders: str) -> str:
    """The variable that a context fails for."""
    if log := os.environ.get("SSLKEYLOGFILE"):
        try:
            with open(log, "a"):
                pass
        except (OSError, ValueError):
            return "SSLKEYLOGFILE"
    return "SSL_CERT_FILE" if file else "SSL_CERT_DIR" if folders else "TLS"


@cache
def _distrusting() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
