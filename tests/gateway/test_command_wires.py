"""Commands and answers as real trackers have them: Teltonika in Codec 12, GT06 in types 80, 15."""

import asyncio
import struct

import msgspec
import pytest
from sqlalchemy import update

from milepost.domain.command import CustomText, OutputOn, PositionNow
from milepost.domain.scope import Scope
from milepost.errors import ConfirmationNeeded
from milepost.features.commands.schemas import NewCommand
from milepost.features.devices.tables import devices
from milepost.protocols import gt06, teltonika
from milepost.protocols.gt06.encoder import frame_of
from milepost.protocols.wire.checksums import crc16_ibm
from milepost.stores.postgres.database import Database
from milepost.stores.telemetry import Telemetry
from tests.gateway.conftest import Peer, connected
from tests.gateway.office import Office, open_office
from tests.workers.rig import Rig, make_rig

CODEC_12 = 12
COMMAND, RESPONSE = 0x05, 0x06


@pytest.fixture
async def rig(database: Database, telemetry: Telemetry, scope: Scope) -> Rig:
    """A rig whose device has an IMEI."""
    made = await make_rig(database, telemetry, scope)
    imei = "86" + str(made.vehicle_id.int % 10**13).zfill(13)
    async with database.operator_transaction() as connection:
        await connection.execute(
            update(devices).where(devices.c.unique_id == made.unique_id).values(unique_id=imei)
        )
    return msgspec.structs.replace(made, unique_id=imei)


async def teltonika_command(peer: Peer) -> str:
    """The text of the next frame, which must be a command in Codec 12 with a right checksum."""
    preamble, length = struct.unpack(">II", await peer.receive(8))
    body, checksum = await peer.receive(length), await peer.receive(4)
    codec, count, kind, size = struct.unpack(">BBBI", body[:7])
    assert (preamble, codec, count, kind, body[-1]) == (0, CODEC_12, 1, COMMAND, 1)
    assert int.from_bytes(checksum, "big") == crc16_ibm(body)
    return body[7 : 7 + size].decode()


def teltonika_answer(text: str) -> bytes:
    content = text.encode()
    body = struct.pack(">BBBI", CODEC_12, 1, RESPONSE, len(content)) + content + b"\x01"
    return struct.pack(">II", 0, len(body)) + body + struct.pack(">I", crc16_ibm(body))


async def gt06_command(peer: Peer) -> tuple[int, str]:
    """Number and text of the next frame of type 80; acknowledgements are passed over."""
    while True:
        frame = await asyncio.wait_for(peer.reader.readuntil(b"\r\n"), 20)
        if frame[3] == 0x80:
            return int.from_bytes(frame[5:9], "big"), frame[9 : 5 + frame[4]].decode()


def gt06_answer(number: int, text: str) -> bytes:
    content = bytes((4 + len(text),)) + number.to_bytes(4, "big") + text.encode() + b"\0\2"
    return frame_of(0x15, content, b"\0\2")


async def log_in_teltonika(office: Office, peer: Peer) -> None:
    await peer.send(teltonika.PROTOCOL.encoder().login(office.rig.unique_id))
    assert await peer.receive(1) == b"\x01"


async def test_a_teltonika_is_told_and_answers_in_codec_12(rig: Rig) -> None:
    async with open_office(rig, teltonika.PROTOCOL) as office:
        waiting = await office.ask(PositionNow())
        async with connected(office.port()) as peer:
            await log_in_teltonika(office, peer)
            assert await teltonika_command(peer) == "getgps"
            await peer.send(teltonika_answer("GPS:1 Sat:7"))
            assert (await office.reaches(waiting, "acknowledged")).reply == "GPS:1 Sat:7"
            text = await office.ask(CustomText("getver"))
            assert await teltonika_command(peer) == "getver"
            await peer.send(teltonika_answer("Ver:03.27"))
            assert (await office.reaches(text, "acknowledged")).reply == "Ver:03.27"


async def test_the_output_that_a_teltonikas_engine_hangs_on_has_to_be_confirmed(rig: Rig) -> None:
    async with open_office(rig, teltonika.PROTOCOL) as office:
        with pytest.raises(ConfirmationNeeded):
            await office._send(NewCommand(command=OutputOn(1)))
        await office._send(NewCommand(command=OutputOn(2)))


async def test_a_gt06_is_told_in_type_80_and_its_answer_names_the_command(rig: Rig) -> None:
    async with open_office(rig, gt06.PROTOCOL) as office, connected(office.port()) as peer:
        await peer.send(gt06.PROTOCOL.encoder().login(rig.unique_id))
        await asyncio.wait_for(peer.reader.readuntil(b"\r\n"), 20)
        where = await office.ask(PositionNow())
        assert await gt06_command(peer) == (1, "WHERE#")
        await peer.send(gt06_answer(1, "Lat:N52.5"))
        assert (await office.reaches(where, "acknowledged")).reply == "Lat:N52.5"
        text = await office.ask(CustomText("STATUS#"))
        assert await gt06_command(peer) == (2, "STATUS#")
        await peer.send(gt06_answer(1, "late") + gt06_answer(2, "Error: unknown"))
        refused = await office.reaches(text, "failed")
    assert (refused.reply, refused.reason) == ("Error: unknown", "the device refused")
