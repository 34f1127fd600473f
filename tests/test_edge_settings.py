"""Settings of the edges: what is taken and what is refused."""

import pytest

from milepost.errors import InvalidInput
from milepost.settings import load_settings


def test_the_edges_settings_are_read() -> None:
    settings = load_settings(
        {
            "MILEPOST_OPS_PORT": "9100",
            "MILEPOST_PUBLIC_METRICS": "true",
            "MILEPOST_FORWARDED_HEADER": "forwarded",
            "MILEPOST_WEB_HEAD_S": "2.5",
            "MILEPOST_WEB_CONNECTIONS": "100",
        }
    )
    assert settings.ops_port == 9100
    assert settings.public_metrics
    assert not settings.public_schema
    assert settings.forwarded_header == "forwarded"
    assert settings.web_head_s == 2.5
    assert settings.web_connections == 100


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MILEPOST_OPS_PORT", "0"),
        ("MILEPOST_OPS_PORT", "65536"),
        ("MILEPOST_WEB_HEAD_S", "0"),
        ("MILEPOST_WEB_UNREAD_S", "-1"),
        ("MILEPOST_WEB_CONNECTIONS", "0"),
        ("MILEPOST_REQUESTS_PER_S", "0"),
        ("MILEPOST_REQUEST_BURST", "0"),
        ("MILEPOST_FORWARDED_HEADER", "x-real-ip"),
    ],
)
def test_what_would_serve_nobody_is_refused(name: str, value: str) -> None:
    with pytest.raises(InvalidInput):
        load_settings({name: value})
