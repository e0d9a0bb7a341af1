"""Settings as annotated dataclasses: read what is stored, check what is typed, describe it for forms and docs.

A settings class is a frozen dataclass whose fields are `str`, `int`, `float`, `bool`, `Literal[...]`, `Secret`,
`list[str]` or `tuple[str, ...]`, made with `option`.
"""

from blogengine.schema.classes import describe
from blogengine.schema.fields import Check
from blogengine.schema.fields import Field
from blogengine.schema.fields import Option
from blogengine.schema.fields import option
from blogengine.schema.given import Given
from blogengine.schema.given import accept_given
from blogengine.schema.given import find_given
from blogengine.schema.reading import VERSION_KEY
from blogengine.schema.reading import Reading
from blogengine.schema.reading import differences
from blogengine.schema.reading import parse
from blogengine.schema.reading import read
from blogengine.schema.reading import read_all

__all__ = [
    "VERSION_KEY",
    "Check",
    "Field",
    "Given",
    "Option",
    "Reading",
    "accept_given",
    "describe",
    "differences",
    "find_given",
    "option",
    "parse",
    "read",
    "read_all",
]
