"""The invented texts of `blogengine demo`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """One invented post."""

    title: str
    source: str
    labels: tuple[str, ...]
    days_ago: float
    kind: str = "post"


POSTS = (
    Text(
        "A shed with a view",
        """The shed came with the garden, and the garden came with the flat, so in a way I never chose it. For two
years it held a bicycle without wheels and a bag of cement that had turned into a stone in the shape of a bag.

Last month I took both out, swept, and found a window behind the cement.

## What the window shows

A line of poplars, the roof of the bakery, and on clear days the first hills. I have moved a table in front of it. The
table has one short leg; under it lies the only book I shall never finish.

> A room is finished when nobody asks any more what it is for.

Things that are in the shed now:

* the table
* a lamp that runs on a bicycle's battery
* this blog, more or less
""",
        ("garden", "shed"),
        41,
    ),
    Text(
        "Bread for beginners, by a beginner",
        """Three loaves in, here is all I know.

1. Flour is thirstier on Mondays. I cannot explain it.
2. The dough is ready when it moves like a sleeping cat.
3. Steam matters. I throw half a cup of water onto a tray at the bottom of the oven and shut the door fast.

| Loaf | Rise | Result |
|---|---|---|
| first | 1 hour | a paving stone |
| second | overnight | a hat |
| third | a day in the cold | bread |

The third one smelled so good that the neighbour came up the stairs to ask what had happened.
""",
        ("kitchen", "bread"),
        33,
    ),
    Text(
        "Mending a radio",
        """It is a transistor radio from before I was born, and it had been silent since before I could walk. I opened it
with a kitchen knife, which is the wrong tool, and found a battery holder green with age.

Vinegar, a cotton bud, patience. Then:

```
static … static … weather for shipping … static
```

I have never been so pleased to hear about wind in places where I have no boat.

[[also-on: {A shed with a view}]]

It stands on the table in the shed now and gets one station and a half.
""",
        ("shed", "mending"),
        20,
    ),
    Text(
        "The poplars have opinions",
        """There are nine of them, and in a west wind they talk all night. I counted the gusts for an hour and drew them
on squared paper, because I wanted to know whether there is a rhythm.

There is not. But there is a *pause*, about every four minutes, as if they all breathed in.

<a name="more"></a>

The paper hangs beside the window. People who visit take it for music, and one of them has asked to play it.
""",
        ("garden",),
        9,
    ),
    Text(
        "Rye, finally",
        """Rye does not stretch. Nobody told me, or everybody told me and I did not listen. You do not knead it, you stir it,
like mortar; you do not shape it, you persuade it into a tin; and then you leave it alone for longer than seems sane.

[[also-on: {Bread for beginners, by a beginner} | the kitchen table]]

It keeps for a week. It would keep for two, but there is butter in the house.
""",
        ("kitchen", "bread"),
        3,
    ),
    Text(
        "Open door on Sunday",
        """If you are near the bakery on Sunday afternoon: the garden gate is the green one, and it will be open. There is
rye bread, there is tea, and the radio will be on. Bring a chair if you can.
""",
        ("garden", "bread"),
        0.02,
    ),
)

PAGES = (
    Text(
        "About",
        """A shed, a garden, some bread. Everything on this blog is invented: `blogengine demo` wrote it so that you have
something to look at.
""",
        (),
        40,
        "page",
    ),
)

COMMENTS: dict[str, tuple[tuple[str, str, str, bool], ...]] = {
    "A shed with a view": (
        ("Poppy Neighbour", "", "I always wondered what was behind that door!", False),
        ("", "", "Is the bag of cement still to be had? Asking for a boat.", False),
        ("Poppy Neighbour", "", "It is holding my gate <b>open</b>, sorry.", True),
    ),
    "Bread for beginners, by a beginner": (
        (
            "Basil Baker",
            "https://bread.example",
            "Number two is the best description of dough I have read.",
            False,
        ),
        ("Rowan", "", "Mine moves like a cat that is very much awake.", True),
    ),
    "Mending a radio": (("Wren", "", "Half a station is the best kind.", False),),
    "The poplars have opinions": (
        ("Willow", "", "Please record the pause.", False),
        ("Basil Baker", "https://bread.example", "How does one record a pause?", True),
        ("Willow", "", "With great care.", True),
    ),
}
