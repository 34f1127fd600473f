"""No secret of a device goes into the log, not even in hex."""

import pytest
from structlog.testing import capture_logs

from milepost.gateway.masking import masked
from milepost.protocols import wialon
from tests.gateway.conftest import IMEI, OpenGateway, connected


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (b"/?id=1&secret=abc&lat=2", b"/?id=1&secret=***&lat=2"),
        (b"/?Token=abc", b"/?Token=***"),
        (b'{"secret" : "a b", "id": 1}', b'{"secret" : "***", "id": 1}'),
        (b"authorization: Basic YWJj\r\nhost: m", b"authorization: ***\r\nhost: m"),
        (b"#L#353451;abc\r\n", b"#L#353451;***\r\n"),
        (b"#L#2.0;353451;abc;1A2B\r\n", b"#L#2.0;353451;***;1A2B\r\n"),
        (b"#SD#270413;205601", b"#SD#270413;205601"),
        (bytes(range(256)), bytes(range(256))),
    ],
)
def test_what_is_masked(data: bytes, shown: bytes) -> None:
    assert masked(data) == shown


async def test_a_login_that_is_damaged_is_logged_without_its_password(
    open_at_free_ports: OpenGateway,
) -> None:
    with capture_logs() as logs:
        async with (
            open_at_free_ports(wialon.PROTOCOL) as gateway,
            connected(gateway.ports["wialon", "tcp"]) as peer,
        ):
            await peer.send(f"#L#2.0;{IMEI};hunter22;FFFF\r\n".encode() + b"no packet\r\n" * 20)
            assert await peer.rest() == b""
    heads = [bytes.fromhex(each["head"]) for each in logs if "head" in each]
    assert heads
    assert "hunter22" not in str(logs)
    assert not any(b"hunter22" in head for head in heads)
