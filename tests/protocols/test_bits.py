from milepost.protocols.wire.bits import raise_alarms, set_bits, signed
from milepost.protocols.wire.report import Report


def test_bits_that_are_set() -> None:
    assert set_bits(0) == ()
    assert set_bits(0b1000_0101) == (0, 2, 7)
    assert set_bits(1 << 63) == (63,)


def test_alarms_of_bits() -> None:
    report = Report(0)
    raise_alarms(report, 0b111, {0: "sos", 2: "towing"})
    assert report.fields["event_codes"] == ("0", "1", "2")
    assert report.fields["alarm"] == "sos"
    assert report.attributes == {"alarms": "sos,towing"}


def test_numbers_with_a_sign() -> None:
    assert [signed(raw, 8) for raw in (0, 127, 128, 255)] == [0, 127, -128, -1]
    assert signed(0xFFFF_FFFE, 32) == -2
