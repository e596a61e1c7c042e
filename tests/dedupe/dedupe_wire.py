"""Invented articles and what the tests of this room ask about effects."""

from __future__ import annotations

import hashlib
import random

from kabar.contracts.message import Header, Message
from kabar.contracts.outcomes import Ended, Forward, StateChanged, StoryChanged
from kabar.contracts.sections import CleanSection, RawSection, Source

START = 1_760_000_000_000
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR

FERRY = (
    "Sebuah kapal feri yang membawa 120 penumpang kandas di perairan Teluk Sembilang pada Selasa pagi. Kepala Badan "
    "Pencarian Wilayah Timur, Rahmat Sulaiman, mengatakan seluruh penumpang selamat dan dibawa ke Pelabuhan Kuala "
    "Ranting. Menurut Rahmat, kapal bernama Bintang Laut itu menabrak gosong pasir setelah mesinnya mati. Tim penolong "
    "mengerahkan 14 perahu karet dan dua helikopter. Nakhoda kapal, Yusuf Arman, diperiksa penyidik di Kota Seraya. "
    "Pemilik kapal, perusahaan Samudra Jaya, menyatakan akan menanggung biaya pengobatan 7 penumpang yang terluka."
)
BRIDGE = (
    "Engineers closed the old Marrow Bridge on Thursday after divers found cracks in two of its 9 piers. The mayor of "
    "Eastwick, Helena Dorn, told the council that repairs would take 16 weeks and cost 4.2 million crowns. Commuters "
    "were asked to use the Harlow Tunnel, where toll gates will stay open until September. The bridge, built in 1931, "
    "carries some 38,000 vehicles a day. Opposition councillor Piers Lanning called the closure long overdue and "
    "demanded that the inspection reports of the past ten years be published."
)
ORCHARD = (
    "Fruit growers in the Vale of Tarn expect their smallest apple harvest in 20 years after a late frost in April. "
    "The growers' union said on Monday that trees on 3,400 hectares had lost their blossom within two nights. Its "
    "chairwoman, Maud Ellering, asked the ministry for 65 million crowns of aid. Cider makers in Oldcastle warned that "
    "prices would rise by a quarter before winter. Meteorologists blamed a ridge of cold air that stood over the "
    "northern valleys for a week."
)


def ident(name: str) -> str:
    """A 128-bit id for a name."""
    return hashlib.blake2b(name.encode(), digest_size=16).hexdigest()


def article(
    name: str,
    text: str,
    *,
    title: str = "",
    at: int = START,
    observation: str = "",
    source: str = "Harian Seraya",
    domain: str = "seraya.example",
    generation: int = 0,
    content: str = "",
) -> Message:
    """An observation of the article ``name``; its id follows from what it shows and when, unless given."""
    header = Header(
        observation_id=ident(observation or f"{name}|{at}|{title}|{text}|{source}"),
        observed_at=at,
        article_id=ident(name),
        generation=generation,
    )
    clean = CleanSection(title=title, text=text, content_hash=ident(content or f"{title}\0{text}"))
    raw = RawSection(text=text, source=Source(name=source, domain=domain))
    return Message(header).with_section(raw).with_section(clean)


def kill(
    name: str,
    *,
    at: int,
    source: str = "Harian Seraya",
    domain: str = "seraya.example",
    observation: str = "",
) -> Message:
    """The publisher withdraws the article ``name``."""
    header = Header(
        observation_id=ident(observation or f"kill {name} {at} {source}"),
        observed_at=at,
        article_id=ident(name),
        kind="kill",
    )
    return Message(header).with_section(RawSection(source=Source(name=source, domain=domain)))


def decision(effects):
    """The one Forward or Ended, which stands last."""
    ends = [e for e in effects if isinstance(e, Forward | Ended)]
    assert len(ends) == 1
    assert effects[-1] is ends[0]
    return ends[0]


def section(effects):
    """The section of a message that went on."""
    end = decision(effects)
    assert isinstance(end, Forward), end
    return end.message.dedupe


def stories(effects):
    return [e.story for e in effects if isinstance(e, StoryChanged)]


def compact(log, effects):
    """Append state records to a compacted log: a dict in order of last write."""
    for effect in effects:
        if isinstance(effect, StateChanged):
            log.pop(effect.key, None)
            if effect.value is not None:
                log[effect.key] = effect.value
    return log


def prose(seed: int, words: int = 120) -> str:
    """Text like no other seed's: invented words."""
    rng = random.Random(seed)
    syllables = [
        "ka",
        "ru",
        "mo",
        "tel",
        "ing",
        "sar",
        "do",
        "ven",
        "li",
        "pak",
        "os",
        "um",
        "ter",
        "ya",
        "bin",
    ]
    made = ["".join(rng.choices(syllables, k=rng.randint(2, 4))) for _ in range(words)]
    return " ".join(made)
