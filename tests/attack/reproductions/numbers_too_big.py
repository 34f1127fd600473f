"""Finding 3: valid frames whose numbers fit no column."""

from tests.attack.part import Plan
from tests.attack.reproductions.finding import Finding, Tried, conversation, still_serves
from tests.attack.reproductions.identity_with_nul import port_of
from tests.attack.stand import Stand
from tests.attack.tracks import orderly, shuttle
from tests.attack.witness import deliver

ULBOTECH_ID = "351581053278080"
ULBOTECH = bytes.fromhex(
    "f80101035158105327808080ab2e3f010e015ee4c906bde45c00000000008b0304004000000404002c7760050603"
    "73193622110b00240b00fee8ffff807dffff606d0b00fef1af000000af0000000b00feee7d78807dffffffff1001"
    "015905f8"
)
WIALON_ID = "350000900000031"
WIALON = f"#L#{WIALON_ID};NA\r\n".encode()
WIALON_NUMBERS = ("15321000000", "2147483648", "-2147483649", "99999999999999999999", "4294967296")


async def run(attacked: Stand, plan: Plan) -> Tried:
    del plan
    tried = Tried(tries=1 + len(WIALON_NUMBERS))
    await attacked.office.register(ULBOTECH_ID, "ulbotech")
    await attacked.office.register(WIALON_ID, "wialon")
    await conversation(port_of("ulbotech", attacked), ULBOTECH)
    for number in WIALON_NUMBERS:
        data = f"#D#270413;205601;5544.6025;N;03739.6834;E;1;2;3;{number};0.0;0;0;;NA;NA\r\n"
        await conversation(port_of("wialon", attacked), WIALON, data.encode())
    await still_serves(attacked, tried)
    await attacked.ready()
    device = await attacked.office.register("350000900000032")
    sent = shuttle(1_780_000_000_000, 50)
    tried.acknowledged = await deliver(device, attacked.port_offset, orderly(sent))
    return tried


FINDING = Finding(
    number=3,
    promise="Numbers beyond their columns end nothing, and others are acknowledged after them.",
    run=run,
)
