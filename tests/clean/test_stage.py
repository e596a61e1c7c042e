"""The clean stage: raw observations to clean articles."""

from __future__ import annotations

import msgspec
import pytest

from kabar.clean.lines import Stripped
from kabar.clean.stage import CleanStage
from kabar.contracts.message import Header, Message, decode_message
from kabar.contracts.outcomes import DropReason, Ended, Forward, Outcome
from kabar.contracts.sections import CleanSection, RawSection, Source
from kabar.errors import BadMessage
from tests.clean.samples import assert_accounted

NOW = 1_700_000_000_000
BODY = """JAKARTA, KABAR.com - Warga desa menanam padi di sawah milik bersama sejak pagi hari dan baru pulang setelah matahari terbenam.
Baca juga: Panen Raya di Lembah Hijau
Kepala desa mengatakan pekerjaan itu akan dilanjutkan pekan depan bila hujan tidak turun terlalu deras di hulu sungai.
Warga berharap panen tahun ini lebih baik daripada tahun lalu, ketika banjir merusak sebagian besar tanaman mereka.
Editor: Sri Rahayu"""
PAGE = """<!doctype html><html lang="en"><head><title>Warga Menanam Padi - Kabar Lembah</title>
<meta property="og:site_name" content="Kabar Lembah"><meta property="og:title" content="Warga Menanam Padi - Kabar Lembah">
<meta property="article:published_time" content="2023-11-14T10:00:00+07:00"><meta name="author" content="Joko Lembah">
<link rel="canonical" href="https://kabarlembah.example/padi"><meta property="og:image" content="https://kabarlembah.example/padi.jpg"></head>
<body><nav><a href="/">Beranda</a> <a href="/desa">Desa</a></nav><article><h1>Warga Menanam Padi</h1>
<p>LEMBAH, KABAR.com - Warga desa menanam padi di sawah milik bersama sejak pagi hari dan baru pulang setelah matahari terbenam di balik bukit.</p>
<p><strong>Baca juga: <a href="/lain">Panen Raya di Lembah Hijau</a></strong></p>
<p>Kepala desa mengatakan pekerjaan itu akan dilanjutkan pekan depan bila hujan tidak turun terlalu deras di hulu sungai selama dua hari.</p>
<p>Warga berharap panen tahun ini lebih baik daripada tahun lalu, ketika banjir merusak sebagian besar tanaman mereka di tepi sungai.</p>
</article><footer>© 2023 Kabar Lembah</footer></body></html>"""


def message(*, kind: str = "article", **raw) -> Message:
    header = Header(observation_id="0" * 32, observed_at=NOW, article_id="1" * 32, kind=kind)
    built = Message(header)
    return built.with_section(RawSection(**raw)) if raw or kind == "article" else built


def clean(**raw) -> CleanSection:
    (effect,) = CleanStage().process(message(**raw))
    assert isinstance(effect, Forward)
    return effect.message.clean


def ended(**raw) -> Ended:
    (effect,) = CleanStage().process(message(**raw))
    assert isinstance(effect, Ended)
    return effect


class TestPlainText:
    def test_the_article_and_what_was_taken_out(self):
        section = clean(text=BODY, title="Warga Menanam Padi")
        assert section.text.startswith("Warga desa menanam padi")
        assert section.dateline
        assert (section.dateline.source, section.dateline.place) == ("KABAR.com", "JAKARTA")
        assert [link.title for link in section.related] == ["Panen Raya di Lembah Hijau"]
        assert [piece.rule for piece in section.removed] == ["furniture.credit_line"]
        assert section.authors == ["Sri Rahayu"]
        assert section.language == "id"
        assert section.language_confidence > 0
        assert section.word_count == len(section.text.split())

    def test_received_is_the_raw_text_itself(self):
        section = clean(text=BODY)
        assert section.received is None
        stripped = Stripped(
            text=section.text, dateline=section.dateline, attributions=section.attributions,
            related=section.related, removed=section.removed,
        )  # fmt: skip
        assert_accounted(BODY, stripped)

    def test_bytes_are_decoded(self):
        section = clean(data=BODY.replace("pagi", "pagí").encode("cp1252"), charset="windows-1252")
        assert "pagí" in section.text
        assert section.received is not None
        assert section.received.startswith("JAKARTA")

    def test_a_section_survives_the_wire(self):
        (effect,) = CleanStage().process(message(text=BODY, title="Warga"))
        assert isinstance(effect, Forward)
        again = decode_message(effect.message.encode())
        assert again.clean == effect.message.clean
        assert again.raw.text == BODY

    def test_the_same_message_gives_the_same_bytes(self):
        first, second = (CleanStage().process(message(text=BODY, title="x y")) for _ in range(2))
        assert first[0].message.encode() == second[0].message.encode()


class TestPages:
    def test_text_and_metadata_of_the_page(self):
        section = clean(text=PAGE, content_type="text/html", url="https://kabarlembah.example/padi")
        assert section.title == "Warga Menanam Padi"
        assert section.text.startswith("Warga desa menanam padi")
        assert "Baca juga" not in section.text
        assert section.authors == ["Joko Lembah"]
        assert section.published_at == 1_699_930_800_000
        assert section.published_claimed == "2023-11-14T10:00:00+07:00"
        assert section.page_canonical_url == "https://kabarlembah.example/padi"
        assert section.image == "https://kabarlembah.example/padi.jpg"
        assert section.language == "id"
        assert any(note.startswith("extractor:") for note in section.notes)

    def test_spans_point_into_the_extracted_text(self):
        section = clean(data=PAGE.encode(), content_type="text/html")
        assert section.received
        link = section.related[0]
        assert section.received[link.start : link.end].startswith("Baca juga")

    @pytest.mark.parametrize("page", ["", "<html></html>", "<p>x</p>", "<nav><a href=/>a</a></nav>"])
    def test_a_page_without_an_article_is_dropped(self, page):
        assert ended(text=page, content_type="text/html") == Ended(Outcome.DROPPED, DropReason.NOT_ARTICLE)


class TestNothingReadable:
    @pytest.mark.parametrize("text", ["", " \n\t", "\u200b\ufeff", "--- *** ---", "…"])
    def test_is_dropped(self, text):
        assert ended(text=text) == Ended(Outcome.DROPPED, DropReason.EMPTY)


class TestKills:
    def test_pass_untouched(self):
        kill = message(kind="kill", publisher_id="a1")
        assert CleanStage().process(kill) == [Forward(kill)]
        assert not kill.has(CleanSection)

    def test_even_without_a_raw_section(self):
        kill = message(kind="kill")
        assert CleanStage().process(kill) == [Forward(kill)]


class TestClaims:
    def test_the_producers_date_comes_first(self):
        section = clean(text=PAGE, content_type="text/html", published="2024-01-02T03:04:05Z")
        assert section.published_at == 1_704_164_645_000
        assert section.published_claimed == "2024-01-02T03:04:05Z"

    def test_an_unreadable_claim_gives_way_to_the_page(self):
        assert (
            clean(text=PAGE, content_type="text/html", published="suatu hari").published_at
            == 1_699_930_800_000
        )

    def test_an_unreadable_claim_is_kept_where_there_is_no_other(self):
        section = clean(text=BODY, published="suatu hari")
        assert (section.published_at, section.published_claimed) == (None, "suatu hari")

    def test_relative_dates_count_from_the_observation(self):
        assert clean(text=BODY, published="2 jam yang lalu").published_at == NOW - 7_200_000

    def test_the_modification_date(self):
        section = clean(text=BODY, modified="2024-01-02T03:04:05Z")
        assert (section.published_at, section.modified_at) == (None, 1_704_164_645_000)

    def test_authors_are_merged_without_links(self):
        section = clean(
            text=BODY, authors=["Joko Lembah, SRI RAHAYU", "https://kabar.example/joko", "joko@kabar.example"]
        )
        assert section.authors == ["Joko Lembah", "SRI RAHAYU"]

    def test_the_title_loses_the_sites_name(self):
        section = clean(
            text=BODY, title="Warga Menanam Padi - Kabar Lembah", source=Source(name="Kabar Lembah")
        )
        assert section.title == "Warga Menanam Padi"
        assert "title:- Kabar Lembah" in section.notes

    def test_a_declared_language_is_not_believed(self):
        assert clean(text=BODY, language="en").language == "id"

    def test_it_serves_where_the_text_says_nothing_and_is_marked(self):
        section = clean(text="123 456 789", language="fr-FR")
        assert (section.language, section.language_confidence) == ("fr", 0.0)
        assert "language:declared fr" in section.notes

    def test_overlong_addresses_are_left_out(self):
        assert clean(text=BODY, image="https://kabar.example/" + "a" * 5_000).image == ""

    def test_the_own_source_opens_a_dateline(self):
        body = BODY.replace("JAKARTA, KABAR.com", "Kabarku")
        assert clean(text=body).dateline is None
        section = clean(text=body, source=Source(name="Kabarku"))
        assert section.dateline
        assert section.dateline.source == "Kabarku"


class TestContentHash:
    def test_furniture_makes_no_difference(self):
        plain = "\n".join(line for line in BODY.split("\n") if not line.startswith(("Baca", "Editor")))
        assert clean(text=plain).content_hash == clean(text=BODY).content_hash

    def test_a_word_does(self):
        assert clean(text=BODY.replace("padi", "jagung")).content_hash != clean(text=BODY).content_hash


def test_a_broken_raw_section_is_bad_input():
    broken = Message(message(text="x").header, {"raw": msgspec.Raw(b'{"text": 5}')})
    with pytest.raises(BadMessage, match="text"):
        CleanStage().process(broken)


def test_without_a_raw_section_too():
    with pytest.raises(BadMessage, match="raw"):
        CleanStage().process(Message(message(text="x").header))
