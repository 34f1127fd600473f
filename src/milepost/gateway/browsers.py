"""Tells a web browser from a tracker: any page can make its visitor's browser send a request.

A browser says where a request comes from (`Origin`, `Referer`, `Sec-Fetch-*`), and a page cannot
take all of that away: but `Sec-Fetch-*` goes to trustworthy addresses only (https, localhost), a
picture's GET has no `Origin`, and a page can forbid the `Referer`. What is left then is that every
browser calls itself Mozilla, and that a page cannot change that.

Source: W3C "Fetch Metadata Request Headers"; WHATWG "Fetch", forbidden request-headers; Chromium
156, looked at with and without a referrer policy.
"""

import re
from collections.abc import Iterable

NAMES = frozenset({b"origin", b"referer", b"upgrade-insecure-requests"})
PREFIXES = (b"sec-", b"access-control-request-")
AGENT = re.compile(rb"Mozilla/\d")
_METHODS = rb"(?:GET|POST|HEAD|PUT|PATCH|DELETE|OPTIONS|CONNECT|TRACE)"
REQUEST_LINE = re.compile(_METHODS + rb" [!-~]+ HTTP/1\.[01]\r?\n")


def browser_header(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """The name of the first header that shows a browser; names are lower case."""
    for name, value in headers:
        shows = name == b"user-agent" and AGENT.match(value)
        if shows or name in NAMES or name.startswith(PREFIXES):
            return name.decode("ascii", "replace")
    return None


def is_request(data: bytes) -> bool:
    """Whether a connection of a protocol that is not HTTP begins with an HTTP request."""
    return REQUEST_LINE.match(data) is not None
