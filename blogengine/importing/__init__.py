"""Takes in another system's blog, by id: a second run changes nothing, and a killed one is completed."""

from blogengine.importing.report import Report
from blogengine.importing.running import run

__all__ = ["Report", "run"]
