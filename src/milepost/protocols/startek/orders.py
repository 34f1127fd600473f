"""Commands to iStartek devices: `$$`, a letter, length, identity, command and values, sum.

Source: iStartek, "GPS tracker Communication Protocol" 1.0, sections 2 and 6.
"""

from milepost.domain.command import CustomText, EngineResume, EngineStop, OutputOff, OutputOn
from milepost.errors import InvalidInput
from milepost.protocols.commands import Order, Writers, texts
from milepost.protocols.wire.checksums import sum8


def _send(text: str, order: Order) -> bytes:
    try:
        said = f",{order.unique_id},{text}".encode("ascii")
    except UnicodeEncodeError as error:
        raise InvalidInput("text", text, "ASCII") from error
    content = b"$$:%d%b" % (len(said), said)
    return b"%b%02X\r\n" % (content, sum8(content))


COMMANDS: Writers = texts(
    {
        EngineStop: "900,1,1",
        EngineResume: "900,1,0",
        OutputOn: "900,{output},1",
        OutputOff: "900,{output},0",
        CustomText: "{text}",
    },
    _send,
)
