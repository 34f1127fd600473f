"""A viewer of the whole fleet over the WebSocket, in a process of its own: how old is what it sees.

Prints a line of JSON with the age of updates at their arrival: now minus the fix time, which the
load generator sets to the instant at which it sends.
"""

import argparse
import asyncio
import json
import time
from datetime import datetime

import msgspec
import websockets


class Data(msgspec.Struct):
    timestamp: datetime | None = None


class Inner(msgspec.Struct):
    event: str | None = None
    data: Data | None = None


class Frame(msgspec.Struct):
    type: str
    messages: list[Inner] = []
    event: str | None = None
    data: Data | None = None


async def main(args: argparse.Namespace) -> None:
    decoder = msgspec.json.Decoder(Frame)
    ages_ms: list[float] = []
    frames = 0
    async with websockets.connect(
        args.url, subprotocols=["json", f"Bearer.{args.token}"], max_size=None, compression=None
    ) as socket:
        await socket.send(
            json.dumps({"type": "subscribe", "requestId": "1", "data": {"channel": "fleet:all"}})
        )
        print(json.dumps({"subscribed": True}), flush=True)
        until_s = time.time() + args.seconds
        while time.time() < until_s:
            try:
                text = await asyncio.wait_for(socket.recv(), until_s - time.time())
            except TimeoutError:
                break
            now_ms = time.time() * 1000
            frame = decoder.decode(text)
            frames += 1
            for message in frame.messages or [Inner(frame.event, frame.data)]:
                if message.data is not None and message.data.timestamp is not None:
                    age = now_ms - message.data.timestamp.timestamp() * 1000
                    if now_ms / 1000 > args.start and age < 600_000:
                        ages_ms.append(age)
    ages_ms.sort()
    count = len(ages_ms)
    print(
        json.dumps(
            {
                "updates": count,
                "frames": frames,
                "age_p50_ms": ages_ms[count // 2] if count else None,
                "age_p99_ms": ages_ms[int(count * 0.99)] if count else None,
            }
        ),
        flush=True,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--token", required=True)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument(
        "--start", type=float, default=0.0, help="ignore what comes before (Unix s)"
    )
    asyncio.run(main(parser.parse_args()))
