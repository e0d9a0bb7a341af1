"""`python -m bench`: measures the blog and writes down what was reached and what was not."""

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bench import commenting
from bench import counting
from bench import growing
from bench import hostile
from bench import imports
from bench import plugins
from bench import reading
from bench import report
from bench import spam
from bench import standing
from bench.measuring import Bench
from bench.measuring import Row

GROUPS: dict[str, tuple[str, Callable[[Bench], list[Row]]]] = {
    "hits": ("Kept pages", reading.hits),
    "misses": ("Pages made anew", reading.misses),
    "counts": ("Hook calls and SQL statements", counting.counts),
    "comments": ("Writing a comment", commenting.comments),
    "commenters": ("Fifty commenters at once", commenting.commenters),
    "hostile": ("Comments that are made to cost", hostile.shapes),
    "spam": ("Spam", spam.spam),
    "scale": ("A large blog beside a small one", growing.scale),
    "threads": ("Long threads", growing.threads),
    "import": ("Importing", imports.imports),
    "start": ("Start and memory", standing.start),
    "plugins": ("Forty plugins", plugins.plugins),
    "slow": ("Slow clients", standing.slow),
}
FOLDER = Path(__file__).parent


def main(arguments: list[str] | None = None) -> int:
    """Run the groups that were asked for. The exit code is 1 when one of them could not be measured."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="small blogs and short rounds: a trial of the bench"
    )
    parser.add_argument("--only", action="append", choices=GROUPS, help="one group; may be given again")
    parser.add_argument("--work", type=Path, default=FOLDER / "work", help="folder for blogs and logs")
    parser.add_argument(
        "--output",
        type=Path,
        help="folder for RESULTS.md and results.json; unless given, only a whole run replaces the recorded ones",
    )
    options = parser.parse_args(arguments)
    is_whole = not (options.quick or options.only)
    output = options.output or (FOLDER if is_whole else options.work)
    output.mkdir(parents=True, exist_ok=True)
    bench = Bench(options.work.absolute(), quick=options.quick)
    machine = report.machine()
    begun = time.monotonic()
    tables: list[report.Table] = []
    failed = False
    for name in options.only or GROUPS:
        title, measure = GROUPS[name]
        print(f"{title} ...", file=sys.stderr, flush=True)
        try:
            rows = measure(bench)
        except (OSError, RuntimeError) as error:
            # One group that cannot be measured must not take the others' figures with it.
            failed = True
            rows = [Row(f"could not be measured: {error}"[:500].replace("\n", " "), "-", reached=False)]
        tables.append(report.Table(title, (measure.__doc__ or "").strip(), rows))
        print(report.table(tables[-1]), flush=True)
    seconds = time.monotonic() - begun
    text = report.document(tables, machine, bench, seconds)
    (output / "RESULTS.md").write_text(text, encoding="utf-8")
    raw = {"machine": machine, "seconds": round(seconds), "series": bench.raw}
    (output / "results.json").write_text(
        json.dumps(raw, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    missed = [row.figure for table in tables for row in table.rows if row.reached is False]
    for figure in missed:
        print(f"missed: {figure}", file=sys.stderr)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
