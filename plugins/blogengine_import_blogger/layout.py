"""Finds the blogs of an export among its files, and what belongs to each."""

import re
from dataclasses import dataclass
from dataclasses import field
from pathlib import PurePosixPath

from blogengine.plugin import Note
from blogengine.plugin import Refused
from blogengine_import_blogger.archive import NO_EXPORT
from blogengine_import_blogger.archive import Archive
from blogengine_import_blogger.feed import FeedReader

FEED = re.compile(r"feed(\(\d+\))?\.atom\Z")
PICTURE = re.compile(r"\.(jpe?g|png|gif|webp|avif)\Z", re.IGNORECASE)
OTHER_FILES = {
    "followers": "the list of followers works only at Blogger",
    "theme-classic": "Blogger's themes do not run here; choose one under Themes",
    "theme-layouts": "Blogger's themes do not run here; choose one under Themes",
    "profile": "the profile of the Google account is not part of the blog",
    "reading_list": "the reading list is not part of the blog",
    "reactions": "reactions are not supported",
}


@dataclass(slots=True)
class BlogFiles:
    """One blog: its feeds (a split export has more than one), its settings, and the account's files."""

    title: str
    folder: str
    blog_id: str
    feeds: list[str]
    settings: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)
    others: list[Note] = field(default_factory=list)


def find_blog(archive: Archive, choice: str) -> BlogFiles:
    """Return the blog that `choice` names by title, folder or number, or the only one.

    Raises `Refused` when there is none, or when there are several and `choice` fits none or more than one.
    """
    blogs = _blogs(archive)
    if not blogs:
        raise Refused(f"There is no Blogger export in {archive.place}.", code="no_export", hint=NO_EXPORT)
    names = [f"“{blog.title or blog.folder}” ({blog.blog_id})" for blog in blogs]
    fitting = [blog for blog in blogs if not choice or choice in (blog.title, blog.folder, blog.blog_id)]
    if len(fitting) != 1:
        said = f"No single blog in {archive.place} is called {choice!r}." if choice else ""
        raise Refused(
            f"{said} {archive.place} holds {len(blogs)} blogs: {', '.join(names)}.".strip(),
            code="choose_blog",
            hint="Name one by its title or its number with --blog.",
        )
    _add_account_files(archive, fitting[0], alone=len(blogs) == 1)
    return fitting[0]


def _blogs(archive: Archive) -> list[BlogFiles]:
    names = [PurePosixPath(name) for name in sorted(archive.sizes)]
    feeds = [name for name in names if FEED.match(name.name) and name.parts[-3:-2] != ("Comments",)]
    if not feeds:
        feeds = [name for name in names if name.suffix == ".xml" and not name.stem.startswith("theme-")]
        feeds = feeds or names[: len(names) == 1]
    blogs: dict[str, BlogFiles] = {}
    for name in feeds:
        title, blog_id = _head(archive, str(name), sure=len(feeds) == 1)
        if not blog_id:
            continue
        blog = blogs.setdefault(blog_id, BlogFiles(title, name.parent.name, blog_id, []))
        blog.feeds.append(str(name))
        number = FEED.match(name.name)
        settings = str(name.with_name(f"settings{(number and number[1]) or ''}.csv"))
        if number and settings in archive.sizes:
            blog.settings.append(settings)
    return list(blogs.values())


def _head(archive: Archive, name: str, *, sure: bool) -> tuple[str, str]:
    """Return title and number of a feed's blog; nothing for a file that is no feed, unless it must be one."""
    with archive.open(name) as file:
        reader = FeedReader(file, name)
        try:
            next(iter(reader), None)
        except Refused:
            if sure or FEED.match(PurePosixPath(name).name):
                raise
            return "", ""
    match = re.search(r"blog-(\d+)", "".join(reader.head.text("id").split()))
    return reader.head.text("title"), match[1] if match else "unknown"


def _add_account_files(archive: Archive, blog: BlogFiles, *, alone: bool) -> None:
    blog_folders = {str(PurePosixPath(feed).parent) for feed in blog.feeds}
    for name in sorted(archive.sizes):
        path = PurePosixPath(name)
        if "Albums" in path.parts[:-2]:
            if PICTURE.search(name):
                if alone or path.parent.name in (blog.folder, blog.title):
                    blog.pictures.append(name)
                else:
                    blog.others.append(Note("left-out", path.name, name, "its album belongs to another blog"))
            elif path.suffix != ".json":
                why = "only JPEG, PNG, WebP, GIF and AVIF come over"
                blog.others.append(Note("left-out", path.name, name, why))
        elif "Comments" in path.parts[:-2] and FEED.match(path.name):
            blog.comments.append(name)
        elif str(path.parent) in blog_folders or path.parent.name in ("Profile", "Reactions"):
            reason = OTHER_FILES.get(re.sub(r"\(\d+\)\Z", "", path.stem))
            if reason:
                blog.others.append(Note("left-out", path.name, name, reason))
