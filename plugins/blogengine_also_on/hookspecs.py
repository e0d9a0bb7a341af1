"""What other plugins may tell about cards."""

from collections.abc import Mapping
from collections.abc import Sequence

from blogengine.plugin import hookspec


@hookspec
def also_on_paths(urls: Sequence[str]) -> Mapping[str, str]:  # type: ignore[empty-body]
    """Say which addresses elsewhere are posts of this blog, so that their cards lead here.

    :param urls: absolute addresses, as the author typed them.

    Returns paths on this blog by address, only for those that are known. Called once for each page with cards to other
    machines, and once when such a card is saved. Since 0.1.
    """
