"""Work that is done after a commit, at least once: a table of jobs claimed with a lease.

A job is a row written in the transaction that causes it, so it is neither lost in a crash nor done for a change that was
rolled back. (Measured: the common task queues lost or stuck every task that ran when its worker was killed.) One that
recurs is a row that moves on to its next time instead of going away: so it is done once for each time, whatever number
of processes there is, never twice at once, and once after a pause.
"""

from blogengine.jobs.doing import GivenUp
from blogengine.jobs.doing import Jobs
from blogengine.jobs.doing import Postponed
from blogengine.jobs.doing import run_next
from blogengine.jobs.listing import counts
from blogengine.jobs.listing import dead_count
from blogengine.jobs.listing import drop
from blogengine.jobs.listing import listed
from blogengine.jobs.listing import retry
from blogengine.jobs.planning import plan
from blogengine.jobs.queue import ATTEMPTS
from blogengine.jobs.queue import LEASE
from blogengine.jobs.queue import claim
from blogengine.jobs.queue import enqueue
from blogengine.jobs.queue import next_due
from blogengine.jobs.queue import renew
from blogengine.jobs.queue import row
from blogengine.jobs.runner import Runner
from blogengine.work import Job

__all__ = [
    "ATTEMPTS",
    "LEASE",
    "GivenUp",
    "Job",
    "Jobs",
    "Postponed",
    "Runner",
    "claim",
    "counts",
    "dead_count",
    "drop",
    "enqueue",
    "listed",
    "next_due",
    "plan",
    "renew",
    "retry",
    "row",
    "run_next",
]
