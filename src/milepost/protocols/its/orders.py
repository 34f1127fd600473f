"""Commands to AIS-140 devices: `@SET#` and `@CLR#` of outputs, and texts.

Source: captured commands of RLP devices.
"""

from milepost.domain.command import CustomText, EngineResume, EngineStop, OutputOff, OutputOn
from milepost.protocols.commands import Order, Writers, texts


def _send(text: str, order: Order) -> bytes:
    del order
    return text.encode()


COMMANDS: Writers = texts(
    {
        EngineStop: "@SET#RLP,OP1,",
        EngineResume: "@CLR#RLP,OP1,",
        OutputOn: "@SET#RLP,OP{output},",
        OutputOff: "@CLR#RLP,OP{output},",
        CustomText: "{text}",
    },
    _send,
)
