"""`make fuzz`: every codec against inputs that coverage leads to; a crash is printed and kept.

What comes out of a codec goes on through gate, Arrow table, fold and state; at the end a share of
it goes into real engines.

Each protocol runs in a process of its own, since the fuzzer ends its process. `--inputs` is per
protocol. A crash goes to `build/fuzz/PROTOCOL/crash-…`; once it is fixed, its line belongs into
`tests/vectors/own/PROTOCOL.jsonl`, from where the ordinary tests replay it for ever.
"""

import argparse
import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from milepost import protocols
from milepost.protocols.contract import DeviceProtocol
from milepost.registry import discover
from tests.fuzzing.seeds import seeds_of

FOLDER = Path("build/fuzz")
PROTOCOLS = discover(protocols, "PROTOCOL", DeviceProtocol)


def fuzz(name: str, inputs: int) -> str | None:
    """Fuzz a protocol in a process of its own; what went wrong, if anything."""
    corpus = FOLDER / name / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds_of(PROTOCOLS[name])):
        (corpus / f"seed-{number:04d}").write_bytes(seed)
    start_s = time.monotonic()
    words = [sys.executable, "-m", "tests.fuzzing.target", name, str(inputs), str(FOLDER / name)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    elapsed_s = time.monotonic() - start_s
    if done.returncode == 0:
        print(f"{name}: {inputs:,} inputs in {elapsed_s:.0f} s, quiet", flush=True)
        return None
    return f"{name}: {_reason(done.stdout + done.stderr)}\n{_crashes(name)}"


def _reason(output: str) -> str:
    lines = output.splitlines()
    starts = [number for number, line in enumerate(lines) if "Uncaught Python exception" in line]
    begin = starts[0] if starts else max(0, len(lines) - 15)
    return "\n".join(lines[begin : begin + 25])


def _crashes(name: str) -> str:
    found = [*(FOLDER / name).glob("crash-*"), *(FOLDER / name).glob("timeout-*")]
    return "\n".join(json.dumps({"input": path.read_bytes().hex(), "why": ""}) for path in found)


def main() -> int:
    """Fuzz the named protocols, or all; 1 if a codec broke."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("protocols", nargs="*", metavar="PROTOCOL")
    parser.add_argument("--inputs", type=int, default=100_000, help="per protocol")
    parser.add_argument("--jobs", type=int, default=2, help="protocols at a time")
    args = parser.parse_args()
    with ThreadPoolExecutor(args.jobs) as pool:
        names = args.protocols or list(PROTOCOLS)
        broken = [bad for bad in pool.map(lambda n: fuzz(n, args.inputs), names) if bad]
    print("\n\n".join(broken) or f"{len(names)} protocols are quiet", flush=True)
    folders = [str(FOLDER / name / "batches") for name in names]
    done = subprocess.run([sys.executable, "-m", "tests.fuzzing.flushing", *folders], check=False)
    return 1 if broken or done.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
