"""The command `blogengine`."""

import sys

from blogengine.cli.main import group
from blogengine.errors import BlogError
from blogengine.plugins.interrupts import mind_interrupts


def main() -> None:
    """Run the command; what goes wrong on purpose is one sentence on the error output and exit code 1."""
    mind_interrupts()
    try:
        group(prog_name="blogengine")
    except BlogError as error:
        print(f"blogengine: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("blogengine: stopped", file=sys.stderr)
        sys.exit(130)
