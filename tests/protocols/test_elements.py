from milepost.protocols.wire import elements
from milepost.protocols.wire.report import Report


def put(writer: elements.Put, raw: int) -> Report:
    report = Report(0)
    writer(report, raw)
    return report


def test_numbers_are_scaled_signed_and_left_out_above_their_highest() -> None:
    assert put(elements.field("battery_v", 0.5, 1), 10).fields["battery_v"] == 6
    assert put(elements.field("gear", signed_bits=8), 0xFF).fields["gear"] == -1
    assert "gear" not in put(elements.field("gear", highest=0xFA), 0xFB).fields
    assert put(elements.signal("Speed", 0.5), 3).signals == {"Vehicle.Speed": 1.5}
    assert put(elements.signal("Speed", highest=1), 2).signals == {}
    assert put(elements.attribute("din1"), 2).attributes == {"din1": "2"}
    assert put(elements.attribute("ain1V", 0.001), 1234).attributes == {"ain1V": "1.234"}
    assert put(elements.attribute("ain1V", highest=1), 2).attributes == {}


def test_flags_and_alarms() -> None:
    assert put(elements.truth("ignition"), 2).fields["ignition"] is True
    assert put(elements.flag("motion"), 0).attributes == {"motion": "false"}
    assert put(elements.flag("motion", inverted=True), 0).attributes == {"motion": "true"}
    assert put(elements.alarm("sos"), 1).fields["alarm"] == "sos"
    assert "alarm" not in put(elements.alarm("sos"), 0).fields
    assert put(elements.alarm("sos", lambda raw: raw == 0), 0).fields["alarm"] == "sos"


def test_elements_in_a_row_and_in_two_places() -> None:
    row = elements.numbered(elements.attribute, "din{}", 10, 2)
    assert put(row[11], 1).attributes == {"din2": "1"}
    both = elements.both(elements.attribute("din1"), elements.truth("ignition"))
    report = put(both, 1)
    assert (report.attributes, report.fields["ignition"]) == ({"din1": "1"}, True)
