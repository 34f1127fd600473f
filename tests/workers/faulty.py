"""The real parts of a processor, each of which can be told to fail at one place."""

from collections.abc import Callable
from typing import Any


class Faulty:
    """Everything of `inner`; the calls of `name` raise while `failing` is set.

    `failures` counts how often it did: a place that nobody calls would prove nothing.
    """

    def __init__(self, inner: Any, name: str) -> None:
        self._inner = inner
        self._name = name
        self.failing = False
        self.failures = 0

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        return self._checked(found) if name == self._name else found

    def _checked(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            if self.failing:
                self.failures += 1
                raise RuntimeError(f"injected into {self._name}")
            return method(*args, **kwargs)

        return call
