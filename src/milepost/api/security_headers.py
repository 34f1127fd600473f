"""Headers that every answer carries, and the content security policy of the web app."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from litestar.datastructures import MutableScopeHeaders
from litestar.types import BeforeMessageSendHookHandler, Message, Scope

_HTTPS_FOR_A_YEAR = "max-age=31536000"


def content_security_policy(map_style_url: str | None) -> str:
    """What the web app may load.

    MapLibre runs its worker from a blob and draws images from blobs and data URLs. With a map
    style of another host, that host's tiles, glyphs and sprites (often on further hosts) must be
    reachable too.
    """
    elsewhere = f" {urlsplit(map_style_url).scheme}:" if map_style_url else ""
    directives = {
        "default-src": "'self'",
        "script-src": "'self'",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": f"'self' data: blob:{elsewhere}",
        "font-src": "'self' data:",
        "connect-src": f"'self'{elsewhere}",
        "worker-src": "'self' blob:",
        "manifest-src": "'self'",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {sources}" for name, sources in directives.items())


def security_headers(map_style_url: str | None) -> Mapping[str, str]:
    """The headers by name."""
    return {
        "Content-Security-Policy": content_security_policy(map_style_url),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "geolocation=(self), camera=(), microphone=()",
    }


def add_headers(headers: Mapping[str, str]) -> BeforeMessageSendHookHandler:
    """A hook that adds the headers to every answer, errors included, unless a route set them.

    What the API answers is not kept by caches: it belongs to one caller. Who came by HTTPS, as a
    trusted proxy says, is told to do so for a year.
    """

    async def hook(message: Message, scope: Scope) -> None:
        if message["type"] != "http.response.start":
            return
        sent = MutableScopeHeaders.from_message(message)
        for name, value in headers.items():
            sent.setdefault(name, value)
        if scope["scheme"] == "https":
            sent.setdefault("Strict-Transport-Security", _HTTPS_FOR_A_YEAR)
        if scope["path"].startswith("/api/"):
            sent.setdefault("Cache-Control", "no-store")

    return hook
