"""What the query language means, as documents found: one table, run over every engine.

An engine joins with an adapter (:class:`Engine`) and the parametrised tests of ``test_query_conformance.py``.
The articles are invented.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Protocol

from kabar.contracts.document import Article, Document, DocumentUrl, Event, StoryRef, iso, millis
from kabar.contracts.sections import Change, Dateline, Duplicate, Sentiment, Source

NOW = millis("2026-02-01T00:00:00.000Z")


class Engine(Protocol):
    """The whole of what the suite asks of an engine."""

    def load(self, documents: Sequence[Document]) -> None: ...

    def find(self, query: str, now_ms: int | None = None) -> set[str]:
        """Ids of the articles found."""
        ...


def id_of(name: str) -> str:
    return hashlib.blake2b(name.encode(), digest_size=16).hexdigest()


def document(
    name: str,
    title: str = "",
    text: str = "",
    *,
    source: str = "Warta Pesisir",
    domain: str = "wartapesisir.example",
    url: str = "",
    language: str = "id",
    status: str = "active",
    change: str = "first",
    version: int = 1,
    words: int = 0,
    published: str | None = None,
    modified: str | None = None,
    observed: str = "2026-01-15T10:00:00.000Z",
    first_seen: str = "",
    ingested: str = "2026-01-20T00:00:00.000Z",
    story: str | None = None,
    copy_of: str | None = None,
    sentiment: tuple[str, float] | None = None,
    dateline: tuple[str, str] | None = None,
    authors: Sequence[str] = (),
    topic: str = "",
    collections: Sequence[str] = (),
    feed: str = "",
    **flat: list[str],
) -> Document:
    """A document with what a test is about; the rest plausible."""
    first_seen = first_seen or observed
    return Document(
        timestamp=published or first_seen,
        event=Event(id=id_of(f"{name} {version}"), created=observed, ingested=ingested),
        url=DocumentUrl(original=url, canonical=url, domain=domain),
        article=Article(
            id=id_of(name),
            version=version,
            status=status,
            title=title,
            text=text,
            authors=list(authors),
            published_at=published,
            modified_at=modified,
            first_seen_at=first_seen,
            language=language,
            word_count=words,
        ),
        source=Source(name=source, domain=domain, collections=list(collections), feed=feed),
        dateline=Dateline(source=dateline[0], place=dateline[1], text="x", start=0, end=1)
        if dateline
        else None,
        change=Change(kind=change),
        duplicate=Duplicate(kind="near", of=id_of(copy_of), similarity=0.95) if copy_of else None,
        story=StoryRef(id=id_of(story) if story else None),
        topic=topic,
        sentiment=Sentiment(label=sentiment[0], score=sentiment[1]) if sentiment else None,
        **flat,
    )


CORPUS: dict[str, Document] = {
    name: document(name, **fields)  # type: ignore[arg-type]
    for name, fields in {
        "banjir": {
            "title": "Banjir rob rendam Pelabuhan Karang",
            "text": "Warga Pelabuhan Karang mengungsi. Air naik sejak dini hari, kata Ratna Wulandari.",
            "published": "2026-01-10T03:00:00.000Z",
            "words": 12,
            "persons": ["Ratna Wulandari"],
            "place_names": ["Pelabuhan Karang"],
            "place_countries": ["ID"],
            "topic": "Bencana",
            "authors": ["Sari Melati"],
            "sentiment": ("negative", -0.6),
            "story": "rob",
            "url": "https://wartapesisir.example/2026/banjir-rob",
        },
        "banjir-salinan": {
            "title": "Banjir rob rendam Pelabuhan Karang",
            "text": "Warga Pelabuhan Karang mengungsi. Air naik sejak pagi.",
            "source": "Kabar Bukit",
            "domain": "kabarbukit.example",
            "published": "2026-01-10T05:30:00.000Z",
            "words": 8,
            "copy_of": "banjir",
            "story": "rob",
            "sentiment": ("negative", -0.3),
        },
        "rapat": {
            "title": "Rapat anggaran ditunda",
            "text": "Rapat di balai kota ditunda. Ratna menolak hadir, Wulandari Putri datang.",
            "published": "2026-01-31T23:59:59.999Z",
            "words": 300,
            "persons": ["Ratna", "Wulandari Putri"],
            "sentiment": ("neutral", 0.0),
            "version": 3,
            "status": "updated",
            "change": "correction",
            "modified": "2026-02-01T00:30:00.000Z",
        },
        "vaksin": {
            "title": "Vaksin COVID-19 tiba",
            "text": "Vaksin covid-19 dosis kedua tiba di 12 kota. Covid tetap ada; 19 warga sembuh.",
            "published": "2026-02-01T00:00:00.000Z",
            "words": 301,
            "keyword_terms": ["vaksin", "dosis kedua"],
            "organizations": ["Badan Obat Daerah"],
            "sentiment": ("positive", 0.4),
        },
        "presiden": {
            "title": "Presiden resmikan jembatan",
            "text": "Presiden meresmikan jembatan baru bersama para menteri.",
            "topic": "Politik",
            "words": 8,
            "quote_texts": ["Jembatan ini milik warga", "Mari kita jaga"],
            "speakers": ["Presiden"],
        },
        "presidium": {
            "title": "Presidium organisasi dipilih",
            "text": "Pers hadir.",
            "words": 2,
            "topic": "Politik dalam negeri",
        },
        "treaty": {
            "title": "Putin and Biden sign treaty",
            "language": "en",
            "source": "Harbor Ledger",
            "domain": "harborledger.example",
            "text": 'Vladimir Putin and Joe Biden met in Geneva. "We will not stop," Putin said, the AT&T line humming.',
            "persons": ["Vladimir Putin", "Joe Biden"],
            "place_names": ["Geneva", "Kremlin"],
            "place_countries": ["CH", "RU"],
            "quote_texts": ["We will not stop"],
            "speakers": ["Vladimir Putin"],
            "published": "2025-12-31T23:59:59.999Z",
            "attribution_outlets": ["Ledger TV"],
            "dateline": ("Harbor Wire", "GENEVA"),
            "words": 18,
            "authors": ["A. Writer", "Bo Lee"],
        },
        "putin-street": {
            "title": "A street called Putin",
            "text": "Nobody of that name lives here; and or not.",
            "language": "en",
            "source": "Harbor Ledger Weekly",
            "domain": "weekly.harborledger.example",
            "persons": ["Putin"],
            "words": 9,
            "published": "2026-01-01T00:00:00.000Z",
        },
        "putinism": {"title": "Essay", "text": "On putinism, and its critics.", "language": "en", "words": 5},
        "strasse": {
            "title": "Straße gesperrt",
            "text": "Die STRASSE ist gesperrt: 3,5 km Stau. Ⅻ Uhr.",
            "language": "de",
            "words": 8,
        },
        "cafe-nfc": {"title": "Café opens", "text": "A caf\u00e9.", "language": "en", "words": 2},
        "cafe-nfd": {
            "title": "Cafe\u0301 closes",
            "text": "The cafe\u0301 is gone.",
            "language": "en",
            "words": 4,
        },
        "cafe-plain": {
            "title": "Cafe moves",
            "text": "A cafe without an accent.",
            "language": "en",
            "words": 5,
        },
        "tokyo": {"title": "東京で地震", "text": "東京都で地震がありました。", "language": "ja", "words": 11},
        "kyoto": {"title": "京都の秋", "text": "京都は東にある。", "language": "ja", "words": 9},
        "arabic": {
            "title": "الرئيس يزور المدينة",
            "text": "زار الرئيس المدينة أمس.",
            "language": "ar",
            "words": 4,
        },
        "thai": {"title": "น้ำท่วม", "text": "น้ำท่วมกรุงเทพ", "language": "th", "words": 12},
        "hindi": {"title": "दिल्ली में बारिश", "text": "दिल्ली में भारी बारिश।", "language": "hi", "words": 4},
        "russian": {
            "title": "Путин прибыл",
            "text": "Владимир Путин прибыл в Женеву.",
            "language": "ru",
            "persons": ["Владимир Путин"],
            "words": 5,
        },
        "greek": {"title": "ΟΔΥΣΣΕΥΣ", "text": "Ο Οδυσσεύς γύρισε.", "language": "el", "words": 3},
        "fullwidth": {"title": "ＡＢＣ　２０２６", "text": "ｋａｂａｒ news", "language": "", "words": 2},
        "underscore": {
            "title": "snake_case name",
            "text": "file_name and e-mail: a.b@c.example",
            "language": "en",
            "words": 6,
        },
        "symbols": {"title": "C++ & C# !!", "text": "100% — “naik” 5°C … 😀", "language": "en", "words": 4},
        "killed": {
            "status": "killed",
            "change": "kill",
            "version": 2,
            "language": "",
            "url": "https://wartapesisir.example/ditarik",
        },
        "empty": {"source": "", "domain": "", "language": "", "topic": "!!!"},
        "early": {
            "title": "Arsip lama",
            "published": "2016-05-01T12:00:00.000Z",
            "observed": "2026-01-02T00:00:00.000Z",
            "words": 1,
        },
        "seen-first": {
            "title": "Terlihat dulu",
            "first_seen": "2025-11-30T00:00:00.000Z",
            "observed": "2026-01-18T00:00:00.000Z",
            "ingested": "2026-01-30T00:00:00.000Z",
            "version": 2,
            "words": 2,
        },
        "rules": {
            "title": "Dibersihkan",
            "rule_ids": ["related.id.colon", "dateline.caps"],
            "collections": ["nasional", "pantai timur"],
            "feed": "https://wartapesisir.example/rss",
        },
        "long-word": {"title": "x" * 3000, "text": "y" * 40_000, "words": 2},
        "sentiment-edge": {"title": "Batas", "sentiment": ("negative", -0.1), "words": 1},
    }.items()
}

ALL = frozenset(CORPUS)


def names(text: str) -> frozenset[str]:
    return frozenset(text.split())


def but(text: str) -> frozenset[str]:
    return ALL - names(text)


# A query, and the names of exactly the documents it finds.
CASES: list[tuple[str, frozenset[str]]] = [
    # everything, nothing
    ("", ALL),
    ("   ", ALL),
    ("*", ALL),
    ("not *", names("")),
    ("zzz", names("")),
    # words: title or text, folded, whole
    ("banjir", names("banjir banjir-salinan")),
    ("BANJIR", names("banjir banjir-salinan")),
    ("putin", names("treaty putin-street")),
    ("mengungsi", names("banjir banjir-salinan")),
    ("strasse", names("strasse")),
    ("STRAẞE", names("strasse")),
    ("café", names("cafe-nfc cafe-nfd")),
    ("cafe\u0301", names("cafe-nfc cafe-nfd")),
    ("cafe", names("cafe-plain")),
    ("путин", names("russian")),
    ("οδυσσευς", names("greek")),
    ("οδυσσεύς", names("greek")),
    ("الرئيس", names("arabic")),
    ("दिल्ली", names("hindi")),
    ("दिल", names("")),
    ("abc", names("fullwidth")),
    ("kabar", names("fullwidth")),
    ("xii", names("strasse")),
    ("snake", names("underscore")),
    ("file_name", names("underscore")),
    ("a.b@c.example", names("underscore")),
    ("c++", names("symbols underscore")),
    ("100%", names("symbols")),
    ("3,5", names("strasse")),
    ("“naik”", names("symbols banjir banjir-salinan")),
    # several words in one term, scripts without blanks: a phrase
    ("covid-19", names("vaksin")),
    ("19-warga", names("vaksin")),
    ("covid-12", names("")),
    ("東京", names("tokyo")),
    ("京", names("tokyo kyoto")),
    ("京東", names("")),
    ("地震", names("tokyo")),
    ("กรุงเทพ", names("thai")),
    ("at&t", names("treaty")),
    # phrases
    ('"pelabuhan karang"', names("banjir banjir-salinan")),
    ('"karang pelabuhan"', names("")),
    ("“sejak dini”", names("banjir")),
    ('"sejak, dini... hari!"', names("banjir")),
    ('"putin and biden"', names("treaty")),
    ('"and or not"', names("putin-street")),
    # and, or, not
    ("ratna wulandari", names("banjir rapat")),
    ("ratna and wulandari", names("banjir rapat")),
    ('"ratna wulandari"', names("banjir")),
    ("putin or путин", names("treaty putin-street russian")),
    ("putin OR путин", names("treaty putin-street russian")),
    ("putin -biden", names("putin-street")),
    ("putin not biden", names("putin-street")),
    ("putin NOT biden", names("putin-street")),
    ("-putin", but("treaty putin-street")),
    ("not not putin", names("treaty putin-street")),
    ("-biden -street", but("treaty putin-street")),
    ("-biden or -treaty", but("treaty")),
    ("not (biden or street)", but("treaty putin-street")),
    ('-"vladimir putin" putin', names("putin-street")),
    ("(putin or путин) -street", names("treaty russian")),
    ("putin or (banjir -mengungsi) or (banjir dini)", names("treaty putin-street banjir")),
    ("not putin or not banjir", ALL),
    # beginnings
    ("presid*", names("presiden presidium")),
    ("PRESID*", names("presiden presidium")),
    ("putin*", names("treaty putin-street putinism")),
    ("-putin* language:en", names("cafe-nfc cafe-nfd cafe-plain underscore symbols")),
    ("दिल्*", names("hindi")),
    ("title:presidi*", names("presidium")),
    ("pers*", names("presidium")),
    # fields of words: in any value, next to each other
    ("title:putin", names("treaty putin-street")),
    ("text:putin", names("treaty")),
    ("headline:putin", names("treaty putin-street")),
    ("TITLE:Putin", names("treaty putin-street")),
    ("title:(putin or banjir)", names("treaty putin-street banjir banjir-salinan")),
    ("title:(putin -street)", names("treaty")),
    ('title:"rapat anggaran"', names("rapat")),
    ("person:putin", names("treaty putin-street")),
    ('person:"Vladimir Putin"', names("treaty")),
    ("person:vladimir-putin", names("treaty")),
    ('person:"putin joe"', names("")),
    ('person:"ratna wulandari"', names("banjir")),
    ("person:(ratna wulandari)", names("banjir rapat")),
    ('person:="putin"', names("putin-street")),
    ("person:=putin", names("putin-street")),
    ('person:="vladimir putin"', names("treaty")),
    ('person:="vladimir"', names("")),
    ('person:(="putin" or ="joe biden")', names("treaty putin-street")),
    ("person:*", names("banjir rapat treaty putin-street russian")),
    ("-person:* putin", names("")),
    ("person:vlad*", names("treaty")),
    ('source:"Harbor Ledger"', names("treaty putin-street")),
    ('source:="harbor ledger"', names("treaty")),
    ("-source:*", names("empty")),
    ("domain:harborledger.example", names("treaty putin-street")),
    ('domain:="harborledger.example"', names("treaty")),
    ("lang:ja", names("tokyo kyoto")),
    ("language:(ja or th)", names("tokyo kyoto thai")),
    ("-language:*", names("fullwidth killed empty")),
    ("org:obat", names("vaksin")),
    ("place:karang", names("banjir")),
    ("country:ru", names("treaty")),
    ("country:(id or ch)", names("banjir treaty")),
    ("speaker:putin", names("treaty")),
    ('quote:"not stop"', names("treaty")),
    ('quote:"warga mari"', names("")),
    ('quote:"jembatan ini" speaker:presiden', names("presiden")),
    ('keyword:"dosis kedua"', names("vaksin")),
    ("topic:politik", names("presiden presidium")),
    ('topic:="politik"', names("presiden")),
    ("topic:*", names("banjir presiden presidium")),
    ("author:lee", names("treaty")),
    ("dateline:geneva", names("treaty")),
    ('dateline:"harbor wire"', names("treaty")),
    ('dateline:"wire geneva"', names("")),
    ("attribution:ledger", names("treaty")),
    (f"story:{id_of('rob')}", names("banjir banjir-salinan")),
    (f"id:{id_of('tokyo')}", names("tokyo")),
    (f"copy_of:{id_of('banjir')}", names("banjir-salinan")),
    ("url:https://wartapesisir.example/2026/banjir-rob", names("banjir")),
    ("url:wartapesisir.example", names("banjir killed")),
    ("rule:related.id.colon", names("rules")),
    ("rule:related", names("rules")),
    ("collection:pantai", names("rules")),
    ("feed:rss", names("rules")),
    # closed fields
    ("status:killed", names("killed")),
    ("status:(updated or killed)", names("rapat killed")),
    ("change:correction", names("rapat")),
    ("sentiment:negative", names("banjir banjir-salinan sentiment-edge")),
    ("-sentiment:*", but("banjir banjir-salinan rapat vaksin sentiment-edge")),
    # yes or no
    ("copy:true", names("banjir-salinan")),
    ("copies:yes", names("banjir-salinan")),
    ("banjir duplicate:false", names("banjir")),
    ("-copy:true", but("banjir-salinan")),
    # numbers
    ("words:300", names("rapat")),
    ("words:>300", names("vaksin")),
    ("words:>=300", names("rapat vaksin")),
    ("words:300..301", names("rapat vaksin")),
    ("words:300..", names("rapat vaksin")),
    ("words:(300 or 301)", names("rapat vaksin")),
    ("version:>1", names("rapat killed seen-first")),
    ("version:>2.5", names("rapat")),
    ("sentiment:<-0.3", names("banjir")),
    ("sentiment:<=-0.3", names("banjir banjir-salinan")),
    ("sentiment:-0.3..0", names("banjir-salinan rapat sentiment-edge")),
    ("sentiment_score:>=-0.1", names("rapat vaksin sentiment-edge")),
    ("sentiment_score:*", names("banjir banjir-salinan rapat vaksin sentiment-edge")),
    ("not sentiment:<0 sentiment:*", names("rapat vaksin")),
    ("-sentiment:<0", but("banjir banjir-salinan sentiment-edge")),
    ("sentiment:>1", names("")),
    # dates: intervals, UTC
    ("published:2026-01-10", names("banjir banjir-salinan")),
    ("published:2026-01", names("banjir banjir-salinan rapat putin-street")),
    ("published:2026-01-01..2026-01-31", names("banjir banjir-salinan rapat putin-street")),
    ("published:2025..2026", names("banjir banjir-salinan rapat vaksin treaty putin-street")),
    ("published:>=2026-02-01", names("vaksin")),
    ("published:>2026-01-31", names("vaksin")),
    ("published:>2026-01", names("vaksin")),
    ("published:<2026", names("treaty early")),
    ("published:<=2025", names("treaty early")),
    ("published:..2025", names("treaty early")),
    ("published:2026-01-10T03:00", names("banjir")),
    ("published:2026-01-10T03:00:00.000Z", names("banjir")),
    ("published:2026-01-10T10:00:00+07:00", names("banjir")),
    ("published:2026-01-10T03:00:01", names("")),
    ("published:(2025 or 2016)", names("treaty early")),
    ("-published:*", but("banjir banjir-salinan rapat vaksin treaty putin-street early")),
    ("date:2026-01-15 presiden", names("presiden")),
    ("@timestamp:<2026", names("treaty early seen-first")),
    ("first_seen:<2026", names("seen-first")),
    ("observed:2026-01-02", names("early")),
    ("ingested:>2026-01-20", names("seen-first")),
    ("modified:*", names("rapat")),
    # mixtures of all engines' parts
    ("banjir words:>8", names("banjir")),
    ("banjir or words:301", names("banjir banjir-salinan vaksin")),
    ("-banjir words:<9 language:id -copy:true topic:*", names("presiden presidium")),
    ("(putin -street) or (words:>=300 -person:*)", names("treaty vaksin")),
    ("not (putin words:>9)", but("treaty")),
    ("not (putin or words:>9)", ALL - names("treaty putin-street banjir rapat vaksin tokyo thai")),
    (
        "(not copy:true) (not status:killed) -language:en source:*",
        ALL
        - names(
            "banjir-salinan killed treaty putin-street putinism cafe-nfc cafe-nfd cafe-plain underscore symbols empty"
        ),
    ),
]

# A query with a relative date, asked at NOW.
RELATIVE_CASES: list[tuple[str, frozenset[str]]] = [
    ("published:1d", names("rapat vaksin")),
    ("published:24h", names("rapat vaksin")),
    ("published:1440min", names("rapat vaksin")),
    ("published:31d..4w", names("putin-street")),
    ("published:30d", names("banjir banjir-salinan rapat vaksin")),
    ("-published:30d published:*", names("treaty putin-street early")),
]

assert len(CORPUS) == 30
assert iso(NOW).startswith("2026-02-01")
