"""What work costs, as on the machine where the limits were set: a busy or slower one is given more time."""

import time
from collections.abc import Callable

NOMINAL = 0.007
"""CPU seconds of `_reference` on the machine where the limits were set (a core of about 2.5 GHz, idle)."""


def cost(work: Callable[[], object], limit: float) -> float:
    """Return the CPU seconds of the best of up to three tries, divided by how much slower this machine is just now."""
    best = 60.0
    for _ in range(3):
        before = _reference()
        start = time.process_time()
        work()
        taken = time.process_time() - start
        slower = max(1.0, before / NOMINAL, _reference() / NOMINAL)
        best = min(best, taken / slower)
        if best < limit:
            break
    return best


def _reference() -> float:
    """Return the CPU seconds of a piece of work that is always the same."""
    start = time.process_time()
    words: dict[str, int] = {}
    for number in range(40_000):
        word = f"w{number % 997}"
        words[word] = words.get(word, 0) + len(word)
    return time.process_time() - start
