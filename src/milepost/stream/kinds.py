"""The kinds of conclusions that were found, by name and by the type of an output."""

from typing import Any

from milepost.registry import discover
from milepost.stream import conclusions
from milepost.stream.conclusion import Conclusion, OutputKey
from milepost.stream.contract import Output

KINDS = discover(conclusions, "CONCLUSION", Conclusion)

_KINDS: dict[type[Output], Conclusion[Any]] = {each.output_type: each for each in KINDS.values()}
# By itself, because the live fold asks for a key with every position that concludes something.
_KEYS = {each.output_type: each.key for each in KINDS.values()}


def kind_of(output: Output) -> Conclusion[Any]:
    """The kind whose output this is."""
    return _KINDS[type(output)]


def output_key(output: Output) -> OutputKey:
    """The natural key of a conclusion within its unit."""
    return _KEYS[type(output)](output)
