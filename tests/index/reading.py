"""What the tests of both readers share: searching, walking through pages, many articles."""

from __future__ import annotations

import random

from index_samples import HOUR, T0, message

from kabar.index.api import SearchPage, SearchRequest


def search(index, query="", **options) -> SearchPage:
    return index.reader.search(SearchRequest(query=query, **options))


def walk(index, between=lambda: None, **options):
    """All pages of a listing; ``between`` runs after each."""
    cursor, pages = "", []
    while True:
        page = search(index, cursor=cursor, **options)
        pages.append(page)
        if not page.next:
            return pages
        cursor = page.next
        between()
        assert len(pages) < 500


def ids(pages):
    return [hit.document.article.id for page in pages for hit in page.hits]


def many(count, seed=1):
    rng = random.Random(seed)
    pool = ["air", "rob", "kota", "kapal", "pasar"]
    return [
        message(
            f"m{n}",
            title=f"Judul {n}",
            text=" ".join(rng.choices(pool, k=rng.randrange(1, 9))),
            observed=T0 + rng.randrange(20) * HOUR,
            source=rng.choice(["Warta", "Kabar", "Berita"]),
            language=rng.choice(["id", "en", ""]),
            persons=tuple(rng.sample(["Ratna", "Bayu", "Sari", "Putu"], rng.randrange(3))),
            keywords=tuple(rng.sample(pool, 2)),
            topic=rng.choice(["Kota", "Laut", ""]),
            story=rng.choice(["s1", "s2", None]),
            copy_of=f"m{n - n % 5}" if n % 5 and rng.random() < 0.5 else None,
        )
        for n in range(count)
    ]
