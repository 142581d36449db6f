"""The error of a host whose name leads nowhere: asked again, it would lead nowhere again."""

from __future__ import annotations

import socket

from btcli.errors import SourceError

UNKNOWN_FOR_S = 60.0


class UnknownHost(SourceError):
    """No name server knows the host, or none could be asked; for everybody else it is a SourceError."""

    @property
    def code(self) -> str:
        return SourceError.__name__


def lookup_failure(error: BaseException) -> str:
    """What the name server's side says where an error comes from a name that was not found, else ""."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, socket.gaierror):
            return cause.strerror or str(cause)
        cause = cause.__cause__ or cause.__context__
    return ""


def unknown_host(host: str, scheme: str, why: str, where: str, *, direct: bool) -> UnknownHost:
    """The error; unless requests go `direct`, the name may be that of the proxy which they take."""
    from urllib.request import getproxies

    from btcli.sources.addresses import PROXY_NAMES

    proxies = {} if direct else getproxies()
    variable = next((PROXY_NAMES[kind] for kind in (scheme, "all") if proxies.get(kind)), "")
    named = f"{host}, or the proxy on the way to it," if variable else host
    return UnknownHost(
        f"the address of {named} cannot be found: {why}",
        where=where,
        hint=f"check the network and {variable or 'the address'}",
    )
