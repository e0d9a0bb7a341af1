"""Pictures say how large they are, and those further down are loaded late."""

from xml.etree.ElementTree import Element

from blogengine.plugin import media

OWN = "/media/"


def tell_sizes(tree: Element) -> None:
    """Give the blog's own pictures their width and height, so that the text does not jump when they come."""
    own = {
        picture: picture.get("src", "").removeprefix(OWN)
        for picture in tree.iter("img")
        if picture.get("src", "").startswith(OWN) and not (picture.get("width") or picture.get("height"))
    }
    sizes = media.sizes(own.values())
    for picture, name in own.items():
        if name in sizes:
            width, height = sizes[name]
            picture.set("width", str(width))
            picture.set("height", str(height))


def load_late(tree: Element) -> None:
    """Let all pictures but the first wait; the first is what a reader sees at once."""
    for picture in list(tree.iter("img"))[1:]:
        picture.attrib.setdefault("loading", "lazy")
        picture.attrib.setdefault("decoding", "async")
