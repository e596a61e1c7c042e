"""The numbers dedupe works with, each beside its reason."""

from __future__ import annotations

from msgspec import Struct

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


class DedupeOptions(Struct, frozen=True, kw_only=True):
    """Windows are milliseconds on the clock of ``observed_at`` and ticks; caps are counts unless named otherwise.

    All participants in one state log must agree on them: a decision is a function of the state and of these.
    """

    revision_window_ms: int = 72 * HOUR_MS
    """How long the newest text of an article is kept. Corrections come within hours, nearly all within three days;
    each text costs about a kilobyte."""
    revision_bytes: int = 1_500_000_000
    """Compressed texts in memory; beyond it the oldest go first. About 1.2 million articles."""
    similarity_window_ms: int = 7 * DAY_MS
    """Reprints and wire copies come within days; after a week a like text is more often a template."""
    max_signatures: int = 3_000_000
    """Articles in the similarity window. Some 430 B each: 1.3 GB; six days of the largest open news archive."""
    decision_window_ms: int = 7 * DAY_MS
    """Redeliveries and dead-letter replays come within the retention of ``news.raw``, which is a week."""
    max_decisions: int = 3_000_000
    """Remembered observations. Some 220 B each: 650 MB."""
    analysed_chars: int = 200_000
    """Characters of a text that are compared and kept. The longest real article seen is under 300,000; beyond this
    lie dumps and attacks, whose cost must stay bounded."""

    near_threshold: float = 0.5
    """Resemblance of 2-word shingles from which an article is a copy: recall .995 and better on copies with cuts of
    30 %, boilerplate and 10 % replaced words."""
    sure_threshold: float = 0.8
    """From here on a copy needs less agreement of its numbers: two reports of one event do not share that much."""
    contained_threshold: float = 0.9
    """Share of the shorter text found in the longer from which it is a shortened reprint."""
    contained_resemblance: float = 0.25
    """A reprint shorter than about a quarter is a brief, not a copy."""
    contained_agreement: float = 0.75
    """Least share of the shorter text's distinct figures that the longer one has too."""
    signature_threshold: float = 0.85
    """Asked of the estimate alone where the older text is no longer kept: four standard errors above ``near``."""
    short_words: int = 30
    """Below, a text is boilerplate more often than news ("sets quarterly dividend"): title and text must both match
    to ``short_threshold``."""
    short_threshold: float = 0.9
    number_agreement: float = 0.5
    """Least share of distinct numbers that a copy and its original have in common, below ``sure_threshold``.
    Reports from one template (prices, weather, auctions) share under a third."""
    sure_number_agreement: float = 0.25
    """The same from ``sure_threshold`` on."""
    titled_agreement: float = 0.75
    """The same where both titles give figures and none in common ("gold at 757", "gold at 753")."""
    name_agreement: float = 0.4
    """Least share of distinct names in common, below ``sure_threshold``. Templates differ in team or company."""
    max_candidates: int = 8
    """Likely originals verified exactly, the best estimates first; verifying one costs about 0.2 ms."""

    story_threshold: float = 0.21
    """Cosine between an article and a story's centroid from which it joins, if they share telling words. Below .2
    strangers join, above .26 stories fall apart."""
    story_evidence: float = 5.0
    """How telling the shared words must be together, in natural logarithms of rarity above one article in twenty:
    about two words that one article in a thousand has. Articles of one template share less."""
    named_threshold: float = 0.13
    """The cosine that is enough where an article shares the names of the event: reports in an outlet's own words."""
    named_evidence: float = 3.5
    """How telling the shared words of names must be together."""
    named_words: int = 2
    """How many distinct ones of them, each in one article of ninety or fewer: one name alone is a person or a place
    with several stories."""
    named_agreement: float = 0.25
    """Their share of all that is telling in the names of the article or the story, whichever has less."""
    named_share: float = 0.08
    """Share of the telling words in common, names or not, likewise: a long text shares a few with anything."""
    growth_step: float = 0.02
    """Added to ``story_threshold`` for each doubling of a story beyond ``growth_from`` articles: the mean of many is
    like more of them, and a story that takes in whatever resembles it becomes a subject."""
    growth_from: int = 4
    merge_threshold: float = 0.4
    """Cosine between two centroids from which, seen through an article that fits both, they are one story."""
    story_silence_ms: int = 72 * HOUR_MS
    """A story without a new article for this long is closed: what follows is a new story."""
    max_stories: int = 300_000
    """Open stories; beyond it the longest silent are closed. About 1.5 kB each: 450 MB."""

    expire_per_tick: int = 50_000
    """Things of one kind forgotten in one tick, so that a jump of the clock does not stop the stage. What is overdue
    but not yet forgotten is ignored already."""
