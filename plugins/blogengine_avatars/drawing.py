"""Drawing a picture from a digest: a pattern of squares that is the same left and right, white on a colour."""

import colorsys

LUMINANCE = 0.18
"""Of every colour, so that it stands out by 3 : 1 (WCAG 2.2, 1.4.11) from white, from black and from the pattern."""
_HUES = 32


def picture(digest: str) -> str:
    """Return an SVG for 16 hexadecimal digits."""
    bits = int(digest, 16)
    cells = bits & 0x7FFF
    if not 5 <= cells.bit_count() <= 10:
        cells ^= 0b101_010_101_010_101  # nearly empty and nearly full ones look alike
    path = "".join(
        f"M{column} {row}h1v1h-1z"
        for row in range(5)
        for column in range(5)
        if cells >> (row * 3 + min(column, 4 - column)) & 1
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="-1 -1 7 7" shape-rendering="crispEdges">'
        f'<path fill="{colour((bits >> 15) % _HUES)}" d="M-1-1h7v7h-7z"/><path fill="#fff" d="{path}"/></svg>\n'
    )


def colour(hue: int) -> str:
    """Return the colour number `hue`, as dark as all others are."""
    low, high = 0.0, 1.0
    for _ in range(20):
        middle = (low + high) / 2
        rgb = colorsys.hls_to_rgb(hue / _HUES, middle, 0.5)
        low, high = (middle, high) if luminance(rgb) < LUMINANCE else (low, middle)
    return "#" + "".join(f"{round(part * 255):02x}" for part in colorsys.hls_to_rgb(hue / _HUES, low, 0.5))


def luminance(rgb: tuple[float, float, float]) -> float:
    """Return the relative luminance of a colour in sRGB, each part from 0 to 1 (WCAG 2.2)."""
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in rgb]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
