"""A protocol of our own, as small as can be, with all that the gateway has to do with one.

A frame is a line that ends in `!`, or in `?` where the checksum is wrong: `L,ID` logs in;
`P,SECONDS`, `P,SECONDS,ID` and `P,SECONDS,ID,KMH` are positions; `H` is a heartbeat;
`A,NUMBER,yes|no|,TEXT` answers a command. The option `shift` moves fixes by so many seconds.
"""

from collections.abc import Sequence

from milepost.domain.command import (
    CustomText,
    EngineResume,
    EngineStop,
    OutputOn,
    PositionNow,
    Reboot,
)
from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import ProtocolError
from milepost.protocols.commands import Order, texts
from milepost.protocols.contract import CodecContext, DeviceProtocol, HttpRequest, Input, Publish

START_MS = 1_750_000_000_000


class TinyCodec:
    def __init__(self, context: CodecContext) -> None:
        self._context = context
        self._rest = b""

    def receive(self, data: Input, received_time_ms: int) -> Sequence[Message]:
        if isinstance(data, HttpRequest):
            data = data.body
        elif isinstance(data, Publish):
            data = data.payload
        *frames, self._rest = (self._rest + data).split(b"\n")
        return [self._message(frame.decode("latin-1")) for frame in frames]

    def acknowledge(self, message: Message) -> bytes:
        return b"" if message.kind == "response" else b"+" + message.token + b"\n"

    def refuse(self, message: Message) -> bytes:
        return b"-" + message.token + b"\n"

    def _message(self, frame: str) -> Message:
        damaged = frame.endswith("?")
        if not frame.endswith(("!", "?")):
            raise ProtocolError("tiny", f"the frame {frame!r} has no end")
        if damaged and not self._context.lenient:
            raise ProtocolError("tiny", "the checksum is wrong")
        kind, *values = frame[:-1].split(",")
        token = kind.encode()
        if kind == "L":
            return Message("login", values[0], token=token)
        if kind == "P":
            return self._position(values, token, damaged=damaged)
        if kind == "A":
            number, verdict, text = values
            accepted = {"yes": True, "no": False, "": None}[verdict]
            reference = int(number) if number else None
            return Message(
                "response", None, text=text, token=token, reference=reference, accepted=accepted
            )
        return Message("heartbeat", values[0] if values else None, token=token)

    def _position(self, values: list[str], token: bytes, *, damaged: bool) -> Message:
        shift = float(self._context.options.get("shift", "0"))
        speed_kmh = float(values[2]) if len(values) > 2 else 0.0
        fix_time_ms = START_MS + int((float(values[0]) + shift) * 1000)
        position = Position(fix_time_ms, 52.5, 13.4, speed_kmh=speed_kmh, damaged=damaged)
        unique_id = values[1] if len(values) > 1 and values[1] else None
        return Message("positions", unique_id, (position,), token=token, damaged=damaged)


def _send(text: str, order: Order) -> bytes:
    return f"C,{order.number},{text}\n".encode()


TINY = DeviceProtocol(
    name="tiny",
    title="Tiny",
    port=0,
    transports=("tcp", "udp"),
    checksum="! or ?",
    identity="login or position",
    acknowledges="+",
    codec=TinyCodec,
    options={"shift": "seconds that fixes are moved by"},
    commands=texts(
        {
            EngineStop: "stop",
            EngineResume: "resume",
            OutputOn: "on {output}",
            PositionNow: "where",
            Reboot: "reboot",
            CustomText: "{text}",
        },
        _send,
    ),
    max_buffer_bytes=1024,
)
