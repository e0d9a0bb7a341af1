"""`blogengine plugins new`: a plugin's whole room, whose own tests pass at once."""

from blogengine.scaffold.naming import Name
from blogengine.scaffold.naming import name_for
from blogengine.scaffold.project import PIECES
from blogengine.scaffold.project import files
from blogengine.scaffold.project import write

__all__ = ["PIECES", "Name", "files", "name_for", "write"]
