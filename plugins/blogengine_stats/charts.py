"""Where the bars of a chart stand, in the units of its drawing."""

from dataclasses import dataclass
from typing import NamedTuple

from blogengine_stats.figures import Bar

WIDTH, HEIGHT, FOOT = 720, 180, 24
"""The drawing; `FOOT` is the room for the dates under the bars."""


class Column(NamedTuple):
    """A bar with its corner and size."""

    bar: Bar
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Chart:
    """Bars, oldest first, and what they say in words."""

    bars: list[Bar]
    size = (WIDTH, HEIGHT)

    @property
    def total(self) -> int:
        """All views."""
        return sum(bar.views for bar in self.bars)

    @property
    def highest(self) -> Bar:
        """The bar with the most views, the latest of them."""
        return max(reversed(self.bars), key=lambda bar: bar.views)

    @property
    def weekly(self) -> bool:
        """Whether a bar is a week."""
        return self.bars[-1].first != self.bars[-1].last

    @property
    def columns(self) -> list[Column]:
        """Return where each bar stands."""
        step, room = WIDTH / len(self.bars), HEIGHT - FOOT
        most = max(1, self.highest.views)
        return [
            Column(
                bar,
                round(position * step + step * 0.1, 2),
                round(room - bar.views / most * (room - 10), 2),
                round(step * 0.8, 2),
                round(bar.views / most * (room - 10), 2),
            )
            for position, bar in enumerate(self.bars)
        ]
