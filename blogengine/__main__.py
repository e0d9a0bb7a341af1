"""`python -m blogengine` is the command `blogengine`."""

from blogengine.cli import main

main()
