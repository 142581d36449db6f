"""Addresses of venues and proxies as the environment names them: checked before use, shown without their passwords."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from urllib.request import getproxies

import httpx

from btcli.errors import RequestError

PROXY_NAMES = {"https": "HTTPS_PROXY", "http": "HTTP_PROXY", "all": "ALL_PROXY"}
_SOCKS = ("socks5", "socks5h")


def checked_address(address: str, where: str) -> str:
    """The address without a slash at its end.

    Raises RequestError, which names `where` it is from and never the address, since that may hold a password.
    """
    url = _parsed(address)
    if url is None or url.scheme not in ("http", "https") or not url.host or url.query or url.fragment:
        raise RequestError("is not the address of a server", where=where, hint="write https://host or http://host:port")
    return address.rstrip("/")


def shown_address(address: str) -> str:
    """The address as it may be printed: without user and password."""
    return str(httpx.URL(address).copy_with(userinfo=b""))


def require_usable_proxies(proxies: Mapping[str, str] | None = None) -> None:
    """Check the proxies that a request to another machine would take; None stands for those of the environment.

    Raises RequestError naming the variable, never its value.
    """
    for kind, written in (getproxies() if proxies is None else proxies).items():
        if kind not in PROXY_NAMES or not written:
            continue
        url = _parsed(written if "://" in written else f"http://{written}")
        if url is None or not url.host:
            raise RequestError("is not the address of a proxy", where=PROXY_NAMES[kind], hint="write http://host:port")
        _require_kind(url.scheme, PROXY_NAMES[kind])


def _require_kind(scheme: str, where: str) -> None:
    if scheme in ("http", "https") or (scheme in _SOCKS and find_spec("socksio")):
        return
    if scheme in _SOCKS:
        said, hint = (
            f"a proxy of kind {scheme} needs one more package",
            "pip install 'btcli[socks]', or an http:// proxy",
        )
    else:
        said = f"a proxy of kind {scheme} cannot be used" if scheme.isalnum() else "a proxy of this kind cannot be used"
        hint = "http:// and https:// proxies work, with btcli[socks] also socks5:// and socks5h://"
    raise RequestError(said, where=where, hint=hint)


def _parsed(address: str) -> httpx.URL | None:
    if any(sign.isspace() for sign in address):
        return None
    try:
        url = httpx.URL(address)
    except (httpx.InvalidURL, ValueError):
        return None
    is_port = url.port is None or 0 < url.port < 65536
    return url if is_port and _is_host(url.raw_host.decode("ascii", "replace")) else None


def _is_host(host: str) -> bool:
    """Whether a name server can be asked for it: no part of it is empty or longer than 63 signs."""
    return all(0 < len(part) < 64 for part in host.removesuffix(".").split("."))
