import pytest

from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import ProtocolError
from milepost.protocols.contract import CodecContext, Publish
from milepost.protocols.t55 import PROTOCOL
from milepost.protocols.wire.checksums import xor8

NOW_MS = 1_760_000_000_000  # 2025-10-09 08:53:20 UTC
ID = "359853000144328"
RMC = "$GPRMC,085320.500,A,5230.0000,N,01324.0000,W,10.0,90.5,091025,,,A"
GGA = "$GPGGA,085320.500,5230.0000,N,01324.0000,W,1,08,0.9,34.5,M,44.8,M,,"


def codec(*, lenient: bool = False, transport="tcp"):
    return PROTOCOL.codec(CodecContext(transport, lenient))


def summed(sentence: str) -> str:
    """With its checksum."""
    return f"{sentence}*{xor8(sentence.partition('$')[2].encode()):02X}"


def decoded(*lines: str, **context) -> list[Message]:
    text = "".join(f"{line}\r\n" for line in lines)
    return list(codec(**context).receive(text.encode("latin-1"), NOW_MS))


def only(line: str) -> Position:
    (message,) = decoded(line)
    (position,) = message.positions
    return position


def test_accepts_a_whole_sentence() -> None:
    (message,) = decoded(summed(RMC))
    assert (message.kind, message.unique_id) == ("positions", None)
    assert codec().acknowledge(message) == b"OK1\r\n"
    assert codec().refuse(message) == b""
    (position,) = message.positions
    assert position.fix_time_ms == NOW_MS + 500
    assert (position.latitude_deg, position.longitude_deg) == (52.5, -13.4)
    assert (position.speed_kmh, position.course_deg) == (18.52, 90.5)
    assert position.valid
    assert not position.damaged


def test_a_wrong_checksum_needs_leniency() -> None:
    with pytest.raises(ProtocolError, match="checksum of 'GPRMC' is wrong"):
        decoded(RMC + "*00")
    (message,) = decoded(RMC + "*00", lenient=True)
    assert message.damaged
    assert message.positions[0].damaged
    (other,) = decoded("$GPGSV,3,1*00", lenient=True)
    assert other.damaged


def test_a_checksum_may_have_spaces_around_it() -> None:
    assert only(summed(RMC).replace("*", " * ")).has_fix


def test_sentences_of_one_instant_complete_each_other() -> None:
    first, second = decoded(GGA, RMC)
    assert first.positions[0].speed_kmh is None
    assert first.positions[0].satellites == 8
    whole = second.positions[0]
    assert (whole.speed_kmh, whole.satellites, whole.hdop, whole.altitude_m) == (
        18.52,
        8,
        0.9,
        34.5,
    )
    _, later = decoded(GGA, RMC.replace("085320", "085321"))
    assert later.positions[0].satellites is None


def test_a_sentence_without_a_date_takes_the_day_next_to_the_last() -> None:
    _, after = decoded(
        RMC.replace("085320.500", "235959").replace("091025", "311224"),
        GGA.replace("085320.500", "000001"),
    )
    assert after.positions[0].fix_time_ms == 1_735_689_601_000  # 2025-01-01 00:00:01
    assert only(GGA.replace("085320.500", "235959")).fix_time_ms == 1_759_967_999_000
    _, before = decoded(
        RMC.replace("085320.500", "000001").replace("091025", "010125"),
        GGA.replace("085320.500", "235959"),
    )
    assert before.positions[0].fix_time_ms == 1_735_689_599_000


def test_years_from_80_on_are_of_the_last_century() -> None:
    assert only(RMC.replace("091025", "011196")).fix_time_ms == 846_838_400_500


def test_a_receiver_without_a_fix_gives_a_status() -> None:
    position = only("$GPRMC,085320,V,,,,,,,091025,,,N")
    assert (position.fix_time_ms, position.has_fix, position.valid) == (NOW_MS, False, False)
    assert not only(GGA.replace("W,1,", "W,0,")).valid
    assert not only(RMC.replace("5230.0000", "0.0").replace("01324.0000", "0.0")).has_fix


def test_other_sentences_with_a_place() -> None:
    gns = only("$GNGNS,085320,5230.0000,S,01324.0000,E,AN,12,0.8,34.5,44.8,,")
    assert (gns.latitude_deg, gns.valid, gns.satellites) == (-52.5, True, 12)
    assert not only("$GNGNS,085320,5230.0000,S,01324.0000,E,NN,12,0.8,34.5,44.8,,").valid
    gll = only("$GNGLL,5230.0000,N,01324.0000,E,085320,A,A")
    assert (gll.fix_time_ms, gll.longitude_deg, gll.valid) == (NOW_MS, 13.4, True)
    rma = only("$GPRMA,V,5230.0000,N,01324.0000,E,,,10.0,90,,")
    assert (rma.fix_time_ms, rma.latitude_deg, rma.valid) == (NOW_MS, 52.5, False)
    assert rma.speed_kmh == 18.52


def test_accepts_the_sentence_of_u_blox() -> None:
    position = only(
        "$PUBX,00,085320.00,5230.0000,N,01324.0000,E,785.947,D3,4.1,5.2,36.5,87.5,"
        "-0.054,7.0,0.88,1.21,0.88,24,01012,0"
    )
    assert position.fix_time_ms == NOW_MS
    assert (position.latitude_deg, position.longitude_deg, position.valid) == (52.5, 13.4, True)
    assert (position.speed_kmh, position.course_deg, position.altitude_m) == (36.5, 87.5, 785.947)
    assert (position.satellites, position.hdop) == (24, 0.88)
    assert position.attributes == {"gnssStatus": "D3", "accuracyM": "4.1", "vdop": "1.21"}


def test_accepts_the_sentence_of_a_phone() -> None:
    position = only("$TRCCR,20251009085320.500,A,52.5,-13.4,10.0,90.5,34.5,50,")
    assert position.fix_time_ms == NOW_MS + 500
    assert (position.latitude_deg, position.longitude_deg, position.valid) == (52.5, -13.4, True)
    assert (position.speed_kmh, position.altitude_m) == (18.52, 34.5)
    assert position.attributes == {"trackerBatteryPct": "50.0"}


def test_accepts_inputs_and_outputs() -> None:
    position = only("$GPIOP,01000000,00000011,0.50,0.00,0.00,1.25,12.69,4.24")
    assert (position.fix_time_ms, position.has_fix, position.battery_v) == (NOW_MS, False, 12.69)
    assert position.attributes == {
        "inputs": "64",
        "outputs": "3",
        "ain1V": "0.5",
        "ain2V": "0.0",
        "ain3V": "0.0",
        "ain4V": "1.25",
        "trackerBatteryV": "4.24",
    }


@pytest.mark.parametrize(
    ("line", "unique_id"),
    [
        (f"$PGID,{ID}*0F", ID),
        ("$GPFID,ID123456ABC", "ID123456ABC"),
        ("$GPSTN,1234567890,type,model", "1234567890"),
        ("$PCPTI,CradlePoint Test,184453,184453.0,6F*57", "CradlePoint Test"),
        ("$PSIWMDID,6Q5161694402B133*2F", "6Q5161694402B133"),
        ("$DEVID,0x0103846677F21422*41", "0x0103846677F21422"),
        (f"$IMEI={ID}", ID),
        (f"IMEI {ID}", ID),
        (ID, ID),
        ("086415031C20", "086415031C20"),
    ],
)
def test_accepts_identities(line: str, unique_id: str) -> None:
    (message,) = decoded(line)
    assert (message.kind, message.unique_id, message.token) == ("login", unique_id, b"")


@pytest.mark.parametrize(
    "line",
    [ID + RMC, f"4711/{ID}/{RMC}", f"%{ID},{RMC}", f"{summed(RMC)},11,{ID},1,090,086"],
)
def test_an_identity_may_stand_beside_the_sentence(line: str) -> None:
    (message,) = decoded(line)
    assert (message.kind, message.unique_id) == ("positions", ID)


def test_what_stands_behind_a_sentence() -> None:
    position = only(f"{summed(RMC)},11,{ID},1,090,086,123,456")
    assert (position.event_codes, position.ignition) == (("11",), True)
    assert position.fuel_level_pct == 90.0
    assert position.attributes == {"trackerBatteryPct": "86", "extra": "123,456"}
    odd = only(f"{summed(RMC)},11,{ID},0,900,860")
    assert (odd.ignition, odd.fuel_level_pct, odd.attributes) == (False, None, {})
    assert only(f"{summed(RMC)},x,y").attributes == {"extra": "x,y"}


def test_inputs_keep_the_place_of_their_instant() -> None:
    _, message = decoded(RMC, "$GPIOP,01000000,00000011,0.50,0.00,0.00,1.25,12.69,4.24")
    (position,) = message.positions
    assert (position.has_fix, position.valid, position.battery_v) == (True, True, 12.69)


def test_accepts_qze() -> None:
    (message,) = decoded(f"QZE,{ID},35,09102025,085320,52.5,13.4,61,90,A,1")
    assert message.unique_id == ID
    (position,) = message.positions
    assert position.fix_time_ms == NOW_MS
    assert (position.latitude_deg, position.longitude_deg, position.valid) == (52.5, 13.4, True)
    assert (position.speed_kmh, position.course_deg) == (61.0, 90.0)
    assert (position.event_codes, position.ignition) == (("35",), True)


def test_accepts_wmcs() -> None:
    (login,) = decoded(f'$CONNECT,{ID},NETWORK,"Ben NL",RO,001,LAC,B02C,CID,521B,V,120.69')
    assert (login.kind, login.unique_id) == ("login", ID)
    assert login.attributes == {
        "operator": "Ben NL",
        "network:area": "B02C",
        "network:cell": "521B",
    }
    (message,) = decoded(
        f"$ID,{ID},4,WMCS-34,0,IOP,O,0x01,I,0x02,GPSEX,A,D,091025,T,085320,"
        "S,9:5,La,52.5,S,Lo,13.4,W,DD,0"
    )
    (position,) = message.positions
    assert (message.unique_id, position.fix_time_ms) == (ID, NOW_MS)
    assert (position.latitude_deg, position.longitude_deg) == (-52.5, -13.4)
    assert (position.valid, position.satellites) == (True, 5)
    assert position.attributes == {
        "model": "WMCS-34",
        "outputs": "1",
        "inputs": "2",
        "satellitesVisible": "9",
    }
    (bare,) = decoded(f"$ID,{ID},4,WMCS-34")
    assert bare.positions[0].fix_time_ms == NOW_MS


def test_accepts_networks() -> None:
    (cell,) = decoded("CurCell 7972823 LAC 7808 Name MegaFon MCC 250 MNC 02 MODE 6 SSI 68")
    assert cell.attributes == {
        "cells": "250-2-7808-7972823",
        "operator": "MegaFon",
        "networkType": "6",
        "gsmSignal": "68",
    }
    (bare,) = decoded("CurCell 1 LAC 2 Name x MCC 250 MNC 02")
    assert bare.attributes == {"cells": "250-2-2-1", "operator": "x"}
    (network,) = decoded("$GPTXT,NET,1003,A1,-53,232 01*77")
    assert network.attributes == {
        "network:area": "1003",
        "operator": "A1 232 01",
        "signalDbm": "-53",
    }
    (text,) = decoded("$GPTXT,01,01,02,ANTSTATUS=OK")
    assert text.attributes == {"text": "01,01,02,ANTSTATUS=OK"}


def test_what_says_nothing_of_a_place_is_other() -> None:
    kinds = {message.kind for message in decoded("$GPGSV,3,1,12", "*74025D76", "No GPS info")}
    assert kinds == {"other"}


def test_a_datagram_needs_no_end_of_line() -> None:
    (message,) = codec(transport="udp").receive((ID + RMC).encode(), NOW_MS)
    assert message.unique_id == ID


REJECTED = {
    "no line of the protocol": "hello world",
    "no line of text begins": "\x01\x02\x03",
    "no sentence has the name": "$hello world,1",
    "PGID: an identity is due": "$PGID,",
    "RMC: 8 fields are due": "$GPRMC,085320,A",
    "GGA: 9 fields are due": "$GPGGA,085320",
    "GNS: 9 fields are due": "$GPGNS,085320",
    "GLL: 6 fields are due": "$GPGLL,1",
    "RMA: 9 fields are due": "$GPRMA,A",
    "PUBX: 18 fields are due": "$PUBX,00",
    "TRCCR: 8 fields are due": "$TRCCR,20251009085320",
    "IOP: 8 fields are due": "$GPIOP,1",
    "QZE: 9 fields are due": f"QZE,{ID}",
    "CONNECT: an identity": "$CONNECT,",
    "ID: an identity": "$ID,,4,WMCS-34",
    "QZE: an identity": "QZE,,35,09102025,085320,52.5,13.4,61,90,A,1",
    "ID: 3 fields are due": "$ID,1",
    "there is no date": RMC.replace("091025", "321325"),
    "a time of six digits": RMC.replace("085320.500", "x"),
    "latitude: a number is due": RMC.replace("5230.0000", "x"),
    "satellites: -8 is below 0": GGA.replace(",08,", ",-8,"),
    "inputs: a whole number": "$GPIOP,2,0,0,0,0,0,0,0",
    "outputs: a whole number": f"$ID,{ID},4,WMCS-34,O,z",
}


@pytest.mark.parametrize("reason", REJECTED)
def test_rejects(reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        decoded(REJECTED[reason])


def test_rejects_a_publish() -> None:
    with pytest.raises(ProtocolError, match="bytes are expected"):
        codec().receive(Publish("a", b""), NOW_MS)
