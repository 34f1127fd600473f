"""The URL of the log: what is read from it, what is refused, and that no password is shown."""

import pytest

from milepost.errors import InvalidInput
from milepost.stores.log.nats_address import NatsAddress, parse_nats_url


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("nats://host", NatsAddress("nats://host:4222", "MILEPOST_POSITIONS")),
        ("tls://host:1/", NatsAddress("tls://host:1", "MILEPOST_POSITIONS")),
        ("nats://[::1]:1/FLEET-a_1", NatsAddress("nats://[::1]:1", "FLEET-a_1")),
        (
            "nats://me:p%40ss%2F@host",
            NatsAddress("nats://host:4222", "MILEPOST_POSITIONS", "me", "p@ss/"),
        ),
        ("nats://token@host", NatsAddress("nats://host:4222", "MILEPOST_POSITIONS", "token")),
    ],
)
def test_an_address_is_read(url: str, address: NatsAddress) -> None:
    assert parse_nats_url(url) == address


@pytest.mark.parametrize(
    "url",
    [
        "http://hunter2@host",
        "nats://me:hunter2/@host:4222",
        "nats://me:pw@host:hunter2",
        "nats://",
        "hunter2",
        "nats://host/hunter2.0",
        "nats://host/a/hunter2",
        "nats://host/A?password=hunter2",
        "nats://host/A#hunter2",
    ],
)
def test_what_is_no_address_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(InvalidInput, match="MILEPOST_LOG_URL") as refused:
        parse_nats_url(url)
    assert "hunter2" not in str(refused.value)
    assert refused.value.__cause__ is None
