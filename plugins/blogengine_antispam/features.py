"""What can be seen of a comment without knowing its language. All expressions are linear, and the text is cut first."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from blogengine.plugin import CommentDraft
from blogengine.plugin import text

CUT = 8000
"""Characters of a comment that are looked at."""
_LINK = re.compile(r"https?://[^\s<>\"'\]\[()]{1,300}|\bwww\.[^\s<>\"'\]\[()/]{1,100}", re.IGNORECASE)
_BARE = re.compile(
    r"\b[a-z0-9-]{2,40}\.(?:com|net|org|info|biz|ru|cn|top|xyz|shop|online|site|club|vip|win|bet|icu|pw|cc|io|me)\b",
    re.IGNORECASE,
)
_BBCODE = re.compile(r"\[/?(?:url|link|img)\b", re.IGNORECASE)
_MESSENGER = re.compile(
    r"\b(?:t\.me|wa\.me|whats ?app|telegram|viber|bit\.ly|tinyurl\.com|cutt\.ly|goo\.gl)\b", re.IGNORECASE
)
_MAILBOX = re.compile(r"[\w.+-]{1,40}@[\w-]{1,40}\.[\w.]{2,20}")
_PHONE = re.compile(r"\+?\d[\d ()./-]{8,18}\d")
_MONEY = re.compile(
    r"[$€£¥₽₹]\s?\d|\d\s?(?:[$€£¥₽₹%]|usd\b|eur\b|dollars\b|euros?\b|btc\b|usdt\b)", re.IGNORECASE
)
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_UNSAID = re.compile(r"[bcdfghjklmnpqrstvwxz]{5}")
_FRONT = re.compile(r"(?:https?://|www\.)[^\s/?#]+/?", re.IGNORECASE)
_EMOJI = re.compile("[\u2600-\u27bf\U0001f300-\U0001faff]")
_WORD = re.compile(
    r"[^\W\d_](?:[^\W\d_]|[\u0300-\u036f\u064b-\u065f\u0900-\u0963\u0980-\u0dff\u0e31-\u0e4e\u0eb1-\u0ecd\u102b-\u103e\u17b4-\u17d3])*"
)
"""Letters with the marks that some scripts write on them, which are no letters to `re`."""
_TRADES = re.compile(
    "casin|казино|viagra|виагр|cialis|levitra|pharma|pills|payday|loans?(?![a-z])|kredit|займ|prêt entre|préstamo"
    "|crypto|bitcoin|forex|invest|trading|broker|replica|rolex|コピー|handbag|watches|dating|essay(?![eé])|dissertation|seo(?![a-z])|backlink"
    "|followers|escort|porn|xxx|betting|ставк|bahis|slots?(?![a-z])|poker|judi|赌|彩票|百家乐|hack|spell|herpes|iptv"
    "|vpn(?![a-z])|insurance|discount|deals|coupon|weight loss|cbd(?![a-z])|диплом|seguidores|marketing"
)
_CHEAP_ENDS = frozenset(
    {
        "top",
        "xyz",
        "shop",
        "online",
        "club",
        "site",
        "win",
        "bet",
        "vip",
        "icu",
        "buzz",
        "cyou",
        "sbs",
        "rest",
        "loan",
        "work",
        "click",
        "link",
        "bid",
        "trade",
    }
)


@dataclass(frozen=True, slots=True)
class Seen:
    """A comment as the judges of this plugin see it."""

    plain: str
    """The text, cut."""
    words: list[str]
    """Folded, in their order."""
    links: list[str]
    """Hosts that it leads to, without `www.`, each as often as it is there."""
    site: str
    """Host of the website of its sender, or of the page that it came from; or an empty text."""
    address: str
    """Its address, in small letters."""
    name: str


def look(comment: CommentDraft) -> Seen:
    """Look at a comment once, for all that judge it."""
    plain = comment.text[:CUT]
    address = comment.source_url or comment.website
    return Seen(
        plain,
        [word[:40] for word in _WORD.findall(text.fold(plain))],
        [host for link in _LINK.findall(plain) if (host := _host(link))],
        _host(address) if address else "",
        address.lower(),
        comment.name,
    )


def _host(address: str) -> str:
    try:
        host = urlsplit(address if "://" in address else f"http://{address}").hostname or ""
    except ValueError:
        return ""
    return host.lower().removeprefix("www.").rstrip(".")


def points(seen: Seen, links_allowed: int) -> list[tuple[float, str]]:
    """Return points with their reasons, for the form of a comment whatever its language."""
    found: list[tuple[float, str]] = []
    count, plain = len(seen.links), seen.plain
    if count > links_allowed:
        over = count - links_allowed
        found.append((min(3.0 + 0.5 * (over - 1), 5.0), f"It has {_links(count)}."))
    elif count and len(seen.words) < 6 * count:
        found.append((1.5, "There is hardly a word beside its links."))
    if _BBCODE.search(plain):
        found.append((2.5, "It has links in the code of forums."))
    if _BARE.search(_LINK.sub(" ", plain)) and not _MAILBOX.search(plain):
        found.append((0.7, "It names a site without a link."))
    if _MESSENGER.search(plain):
        found.append((3.0, "It leads to a messenger or a shortened link."))
    if _MAILBOX.search(plain):
        found.append((3.0, "It has an e-mail address in it."))
    if phone := _PHONE.search(plain):
        abroad = phone[0].startswith("+")
        found.append((3.0 if abroad else 1.5, "It has a telephone number in it."))
    if money := len(_MONEY.findall(plain)):
        found.append((1.0 if money > 1 else 0.5, "It speaks of sums of money."))
    found += _of_trade(seen)
    if sum(1 for word in {*seen.words, *text.fold(seen.name).split()} if _UNSAID.search(word)) >= 2:
        found.append((1.0, "It has words that nobody can say."))
    if count <= links_allowed and any(_FRONT.fullmatch(one.rstrip(".,;:!?")) for one in _LINK.findall(plain)):
        found.append((0.7, "It links to the front page of a site."))
    if len(_UNSEEN.findall(plain)) >= 2:
        found.append((1.0, "It has characters in it that nobody sees."))
    if len(_EMOJI.findall(plain)) >= 4:
        found.append((0.7, "It has many little pictures."))
    letters = [letter for letter in plain if letter.isalpha()]
    if len(letters) >= 20 and sum(letter.isupper() for letter in letters) > len(letters) / 2:
        found.append((1.0, "Most of it is in capitals."))
    if plain.count("!") >= 4:
        found.append((0.5, "It has many exclamation marks."))
    if _LINK.search(seen.name) or _BARE.search(seen.name):
        found.append((2.0, "The name is an address."))
    elif len(_WORD.findall(seen.name)) >= 4:
        found.append((1.0, "The name is a phrase."))
    if seen.site and len(seen.words) < 12:
        found.append((0.5, "It is short and leads to a website."))
    if len(seen.words) >= 20 and len(set(seen.words)) < len(seen.words) / 3:
        found.append((1.0, "It says the same words again and again."))
    return found


def _of_trade(seen: Seen) -> list[tuple[float, str]]:
    """Return points for what is sold in comments all over the web, most where a name or an address says it."""
    found = []
    in_text = {match[0] for match in _TRADES.finditer(text.fold(seen.plain))}
    if in_text:
        found.append(
            (
                min(0.7 * len(in_text), 2.0),
                f"It speaks of what spam sells ({', '.join(sorted(in_text)[:3])}).",
            )
        )
    if _TRADES.search(text.fold(seen.name)):
        found.append((3.0 if seen.site else 2.0, "The name is what spam sells."))
    hosts = {host for host in [*seen.links, seen.site] if host}
    if any(_TRADES.search(address) for address in {*hosts, seen.address}):
        found.append((1.5, "It leads to an address that is called by what spam sells."))
    if any(host.rpartition(".")[2] in _CHEAP_ENDS for host in hosts):
        found.append((0.7, "It leads to a site with an ending that spam likes."))
    return found


def _links(count: int) -> str:
    return "1 link" if count == 1 else f"{count} links"


def marks(seen: Seen, links_allowed: int) -> list[str]:
    """Return the form of a comment as words that the filter can learn."""
    count = len(seen.links)
    length = len(seen.words)
    size = "tiny" if length < 6 else "short" if length < 20 else "middle" if length < 80 else "long"
    names = seen.name.split()
    shape = "none" if not names else "small" if seen.name == seen.name.lower() else "capital"
    found = [f"#name={shape},{min(len(names), 4)}", f"#name={shape},site={'yes' if seen.site else 'no'}"]
    found += [f"#links={min(count, 3)}", f"#size={size}", f"#site={'yes' if seen.site else 'no'}"]
    found += [f"#site={'yes' if seen.site else 'no'},links={min(count, 1)},size={size}"]
    found += [f"#{reason}" for _, reason in points(seen, links_allowed)]
    found += [f"@{host}" for host in {*seen.links, seen.site} if host]
    return found
