"""One protocol under the fuzzer: `python -m tests.fuzzing.target PROTOCOL INPUTS FOLDER`.

The codecs are imported under the fuzzer's eyes, so this module imports nothing of theirs before.
What the gate lets through of one input in twenty is kept for the engines.
"""

import importlib
import sys
from pathlib import Path

import atheris

SLOWEST_INPUT_S = 5
LONGEST_INPUT_BYTES = 4096


def main(name: str, inputs: str, folder: str) -> None:
    """Fuzz; the process ends with it, not with 0 if an input broke the codec."""
    with atheris.instrument_imports(include=["milepost.protocols"]):
        protocol = importlib.import_module(f"milepost.protocols.{name}").PROTOCOL
    check_input = importlib.import_module("tests.fuzzing.safety").check_input
    batches = importlib.import_module("tests.fuzzing.batches").Batches(Path(folder) / "batches")
    arguments = [
        *(sys.argv[0], f"{folder}/corpus", f"-runs={inputs}", f"-timeout={SLOWEST_INPUT_S}"),
        *(f"-max_len={LONGEST_INPUT_BYTES}", f"-artifact_prefix={folder}/", "-verbosity=0"),
    ]
    atheris.Setup(arguments, lambda data: batches.add(check_input(protocol, data)))
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:4])
