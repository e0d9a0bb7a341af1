"""Which plugins can run together, and in which order: requirements, conflicts, the engine's version, hints."""

import heapq
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from graphlib import CycleError
from graphlib import TopologicalSorter
from itertools import pairwise

from packaging.specifiers import InvalidSpecifier
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from blogengine.plugins.discovery import Candidate
from blogengine.plugins.manifest import requirement
from blogengine.plugins.manifest import text_id
from blogengine.plugins.manifest import version_of
from blogengine.setup import VERSION
from blogengine.setup import PluginSetup

Edge = tuple[str, str]
"""The first comes before the second."""


@dataclass(frozen=True, slots=True)
class Order:
    """Ids in the order in which hooks are called, and a sentence for each plugin whose hints go round in a circle."""

    ids: tuple[str, ...]
    problems: Mapping[str, str]


def call_order(candidates: Iterable[Candidate], chosen: Sequence[str]) -> Order:
    """Return the order of hook calls: as the owner has `chosen`, then by `before` and `after`, then by id.

    Hints between two plugins that the owner has put in order do not count, nor do hints that go round in a circle.
    """
    there = {candidate.id: candidate for candidate in candidates}
    ranked = [plugin_id for plugin_id in dict.fromkeys(chosen) if plugin_id in there]
    rank = {plugin_id: number for number, plugin_id in enumerate(ranked)}
    chain = set(pairwise(ranked))
    hints: set[Edge] = set()
    for plugin_id, candidate in there.items():
        hints |= {(plugin_id, other) for other in candidate.manifest.before if other in there}
        hints |= {(other, plugin_id) for other in candidate.manifest.after if other in there}
    hints = {(one, other) for one, other in hints if one != other and not (one in rank and other in rank)}
    problems: dict[str, str] = {}
    while (ring := _ring(there, chain | hints)) is not None:
        hints -= set(ring)
        round_trip = ", ".join(f"{one} before {other}" for one, other in ring)
        sentence = (
            f"The order hints go round in a circle ({round_trip}); they do not count. "
            "Set an order: blogengine plugins order " + " ".join(sorted({one for one, _ in ring})) + "."
        )
        problems |= {plugin_id: sentence for edge in ring for plugin_id in edge}
    keys = {plugin_id: (rank.get(plugin_id, len(rank)), plugin_id) for plugin_id in there}
    return Order(tuple(_sorted(keys, chain | hints)), problems)


def start_order(candidates: Iterable[Candidate], calls: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Return ids so that each comes after those it requires, else as in `calls`; and a sentence for each of a ring."""
    there = {candidate.id: candidate for candidate in candidates}
    needs = {(need, one.id) for one in there.values() for need in needs_of(one) if need in there}
    rings: dict[str, str] = {}
    while (ring := _ring(there, needs)) is not None:
        chain = ", ".join(f"{other} needs {one}" for one, other in sorted(ring))
        sentence = f"The requirements go round in a circle, so none of these can start: {chain}. One must give up its own."
        members = {plugin_id for edge in ring for plugin_id in edge}
        rings |= dict.fromkeys(members, sentence)
        needs = {edge for edge in needs if not members >= set(edge)}
    keys = {plugin_id: (number, plugin_id) for number, plugin_id in enumerate(calls) if plugin_id in there}
    return list(_sorted(keys, needs)), rings


def needs_of(candidate: Candidate) -> list[str]:
    """Return the ids of the plugins that it requires."""
    return [text_id(text) for text in candidate.manifest.requires]


def misfit_of_engine(candidate: Candidate) -> str:
    """Return a sentence when a plugin was not made for this engine."""
    wanted = candidate.manifest.engine
    try:
        fits = SpecifierSet(wanted).contains(Version(VERSION), prereleases=True)
    except InvalidSpecifier:
        fits = True
    if fits:
        return ""
    return (
        f"{candidate.id} {candidate.manifest.version} runs with versions {wanted} of the engine, and this is {VERSION}. "
        "Install a version of the plugin that is made for it, or that version of the engine."
    )


def unmet(text: str, other: Candidate | None) -> str:
    """Return a sentence when `other`, the plugin of that id, is not what the requirement `text` asks for."""
    wanted = requirement(text)
    if wanted is None:
        return ""
    need, versions = wanted
    if other is None:
        return (
            f"It needs the plugin {text}, which is not installed. "
            f"Install it, then run: blogengine plugins enable {need}."
        )
    version = version_of(other.manifest.version)
    if str(versions) and (version is None or not versions.contains(version, prereleases=True)):
        return f"It needs the plugin {text}, and {need} {other.manifest.version} is there. Install a version that fits."
    return ""


def gone(plugin: PluginSetup, found: Candidate | None) -> str:
    """Return the sentence about an enabled plugin that is not where its owner enabled it from."""
    if found is None:
        return (
            f"The plugin {plugin.id} is enabled but not installed; its data is kept. "
            f"Install it again or disable it: blogengine plugins disable {plugin.id}."
        )
    return (
        f"The plugin {plugin.id} was enabled from another place ({plugin.source}), where it is not any more; its data is "
        f"kept. Now there is {found.origin} {found.where}; to let that run: blogengine plugins enable {plugin.id}."
    )


def collides(candidate: Candidate, other: Candidate) -> bool:
    """Whether a plugin says that it does not run beside `other`."""
    for text in candidate.manifest.conflicts:
        wanted = requirement(text)
        version = version_of(other.manifest.version)
        if wanted is None or wanted[0] != other.id:
            continue
        if not str(wanted[1]) or (version is not None and wanted[1].contains(version, prereleases=True)):
            return True
    return False


def who_yields(candidates: Mapping[str, Candidate], calls: Sequence[str], newcomer: str) -> dict[str, str]:
    """Return a sentence for each plugin that must wait because it does not run beside another.

    The newcomer yields, else the one that says so, of two that say so the later one.
    """
    waiting: dict[str, str] = {}
    for plugin_id in sorted(calls, key=lambda one: (one == newcomer, calls.index(one)), reverse=True):
        candidate = candidates[plugin_id]
        for other_id in calls:
            if other_id == plugin_id or other_id in waiting:
                continue
            other = candidates[other_id]
            if collides(candidate, other) or (plugin_id == newcomer and collides(other, candidate)):
                waiting[plugin_id] = (
                    f"It does not run beside the plugin {other_id}. Run: blogengine plugins disable {other_id}, "
                    f"or: blogengine plugins disable {plugin_id}."
                )
                break
    return waiting


def _ring(ids: Iterable[str], edges: set[Edge]) -> list[Edge] | None:
    """Return the edges of one circle, or None."""
    try:
        _sorter(ids, edges).prepare()
    except CycleError as error:
        members = list(error.args[1])
        pairs = set(pairwise(members))
        pairs |= {(other, one) for one, other in pairs}
        return sorted(pairs & edges)
    return None


def _sorter(ids: Iterable[str], edges: set[Edge]) -> "TopologicalSorter[str]":
    sorter: TopologicalSorter[str] = TopologicalSorter(dict.fromkeys(sorted(ids), ()))
    for one, other in sorted(edges):
        sorter.add(other, one)
    return sorter


def _sorted(keys: Mapping[str, tuple[int, str]], edges: set[Edge]) -> Iterable[str]:
    """Yield ids, each after those that have an edge to it, else by their keys."""
    sorter = _sorter(keys, {edge for edge in edges if edge[0] in keys and edge[1] in keys})
    sorter.prepare()
    ready: list[tuple[int, str]] = []
    while sorter.is_active():
        for plugin_id in sorter.get_ready():
            heapq.heappush(ready, keys[plugin_id])
        _, plugin_id = heapq.heappop(ready)
        yield plugin_id
        sorter.done(plugin_id)
