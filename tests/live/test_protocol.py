import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.live.protocol import Conversation, Limits, Refusal
from milepost.live.requests import Bounds, Custom, Ping, Place, Pong, Subscribe, Unsubscribe
from tests.live.fleet import NORTH, vehicle_id

FIELDS = st.sampled_from(["channel", "params", "bounds", "epoch", "offset"])
LIMITS = Limits(max_payload_bytes=500, messages_per_s=10.0, message_burst=5.0, max_refusals=3)


def conversation() -> Conversation:
    return Conversation(LIMITS, 0.0)


def parse(frame: str | bytes) -> object:
    return conversation().receive(frame, 0.0)


def refusal(frame: str | bytes) -> Refusal:
    answer = parse(frame)
    assert isinstance(answer, Refusal)
    return answer


@pytest.mark.parametrize(
    "start",
    [
        '{"type":"ping","data":',
        '{"type":"subscribe","data":{"channel":"fleet:all","params":{"bounds":',
        '{"type":"subscribe","data":',
        '{"data":',
        "",
    ],
)
@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_what_is_nested_too_deeply_is_refused(start: str, opening: str) -> None:
    deep = start + opening * (60_000 // len(opening))
    answer = Conversation(Limits(), 0.0).receive(deep, 0.0)
    assert isinstance(answer, Refusal)
    assert answer.closing is None


def test_subscribe_carries_everything_that_was_asked() -> None:
    request = parse(
        f'{{"type":"subscribe","requestId":"7","data":{{"channel":"fleet:{NORTH}",'
        '"params":{"bounds":[170,-10,-170,10],"later":1},"epoch":"e","offset":12}}'
    )
    assert isinstance(request, Subscribe)
    assert request.request_id == "7"
    assert request.channel.name == f"fleet:{NORTH}"
    assert request.bounds == Bounds(170, -10, -170, 10)
    assert request.resume == Place("e", 12)


@pytest.mark.parametrize(
    ("frame", "kind"),
    [
        ('{"type":"ping","requestId":1}', Ping),
        ('{"type":"ping"}', Ping),
        ('{"type":"pong","data":{"timestamp":"x"}}', Pong),
        ('{"type":"custom","data":{"anything":[1]}}', Custom),
        ('{"type":"unsubscribe","data":{"channel":"fleet:all"}}', Unsubscribe),
    ],
)
def test_other_types(frame: str, kind: type) -> None:
    assert isinstance(parse(frame), kind)


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b'{"type":"ping"}', "INVALID_MESSAGE_FORMAT"),
        ("", "INVALID_MESSAGE_FORMAT"),
        ("{", "INVALID_MESSAGE_FORMAT"),
        ("[]", "INVALID_MESSAGE_FORMAT"),
        ("null", "INVALID_MESSAGE_FORMAT"),
        ("{}", "INVALID_MESSAGE_FORMAT"),
        ('{"type":7}', "INVALID_MESSAGE_FORMAT"),
        ('{"type":"ping","requestId":{}}', "INVALID_MESSAGE_FORMAT"),
        ('{"type":"ping","requestId":"%s"}' % ("x" * 200), "INVALID_MESSAGE_FORMAT"),
        ('{"type":"\ud800"}', "INVALID_MESSAGE_FORMAT"),
        ('{"type":"dance"}', "UNKNOWN_MESSAGE_TYPE"),
        ('{"type":"subscribe"}', "MESSAGE_PROCESSING_ERROR"),
        ('{"type":"subscribe","data":{}}', "MESSAGE_PROCESSING_ERROR"),
        ('{"type":"subscribe","data":{"channel":5}}', "MESSAGE_PROCESSING_ERROR"),
        ('{"type":"subscribe","data":{"channel":"vehicle:1"}}', "MESSAGE_PROCESSING_ERROR"),
        ('{"type":"unsubscribe","data":{"channel":"chat:1"}}', "MESSAGE_PROCESSING_ERROR"),
    ],
)
def test_rejects(frame: str | bytes, code: str) -> None:
    assert refusal(frame).code == code


@pytest.mark.parametrize("bounds", ["[1,2,3]", "[0,10,1,5]", "[0,0,181,1]", '["a",0,1,1]', "7"])
def test_rejects_bounds(bounds: str) -> None:
    frame = '{"type":"subscribe","requestId":"b","data":{"channel":"fleet:all","params":{"bounds":'
    answer = refusal(frame + bounds + "}}}")
    assert (answer.code, answer.request_id) == ("MESSAGE_PROCESSING_ERROR", "b")


def test_every_refusal_of_an_understood_envelope_carries_its_request_id() -> None:
    assert refusal('{"type":"dance","requestId":"a"}').request_id == "a"
    assert refusal('{"type":"subscribe","requestId":5,"data":{}}').request_id == 5


def test_oversize_ends_the_connection_with_1009() -> None:
    for frame in ("x" * 501, b"x" * 501, "é" * 251):
        answer = refusal(frame)
        assert answer.closing is not None
        assert answer.closing.code == 1009
    assert refusal("é" * 250).closing is None


def test_rate_limit_refills_with_time_and_ends_the_connection_of_who_goes_on() -> None:
    talk = conversation()
    ping = '{"type":"ping"}'
    assert all(isinstance(talk.receive(ping, 0.0), Ping) for _ in range(5))
    refused = talk.receive(ping, 0.0)
    assert isinstance(refused, Refusal)
    assert (refused.code, refused.closing) == ("RATE_LIMIT_EXCEEDED", None)
    assert isinstance(talk.receive(ping, 0.11), Ping)
    answers = [talk.receive(ping, 0.11) for _ in range(4)]
    last = answers[-1]
    assert isinstance(last, Refusal)
    assert last.closing is not None
    assert last.closing.code == 1008


@given(st.one_of(st.text(max_size=300), st.binary(max_size=300)))
def test_any_frame_gives_one_answer(frame: str | bytes) -> None:
    answer = parse(frame)
    if isinstance(answer, Refusal):
        assert msgspec.json.decode(answer.to_json())["type"] == "error"


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=10),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["channel", "params", "bounds", "epoch", "offset"]), inner
            )
        ),
        max_leaves=10,
    )
)
def test_any_data_of_a_subscribe_gives_one_answer(data: object) -> None:
    envelope = {"type": "subscribe", "requestId": "q", "data": data}
    answer = parse(msgspec.json.encode(envelope).decode())
    assert isinstance(answer, Subscribe | Refusal)


def test_viewport_may_cross_the_antimeridian() -> None:
    bounds = Bounds(170, -10, -170, 10)
    assert bounds.contains(0, 175)
    assert bounds.contains(0, -175)
    assert not bounds.contains(0, 0)
    assert not bounds.contains(11, 175)
    assert Bounds(-1, -1, 1, 1).contains(1, -1)


def test_ids_are_canonical() -> None:
    shouted = str(vehicle_id(3)).upper()
    request = parse(f'{{"type":"subscribe","data":{{"channel":"vehicle:{shouted}"}}}}')
    assert isinstance(request, Subscribe)
    assert request.channel.name == f"vehicle:{vehicle_id(3)}"
