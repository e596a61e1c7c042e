"""Training: how labelled sets are read, that the result is reproducible, and what ships with it."""

from __future__ import annotations

import json
from hashlib import blake2b

import pytest

from kabar.enrich.entities.tagger import MODEL_FILE, PROVENANCE_FILE, Tagger
from kabar.enrich.gazetteer import read_data
from kabar.enrich.lexicon import lexicon, read_lists
from kabar.enrich.training import entities as training
from kabar.enrich.training.corpora import CORPORA, Corpus, Sentence, read, tagged

SET = Corpus("ner_sample", "CC0", "here", {"PER": "person", "LOC": "place"})


def written(folder, rows):
    (folder / SET.name).mkdir()
    lines = [json.dumps(row) for row in rows]
    (folder / SET.name / "sentences.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    "tags, spans",
    [
        (["B-PER", "I-PER", "O", "B-LOC"], ["Budi Santoso/person", "Jakarta/place"]),
        (["I-PER", "I-PER", "O", "I-LOC"], ["Budi Santoso/person", "Jakarta/place"]),
        (["B-PER", "B-PER", "O", "B-LOC"], ["Budi/person", "Santoso/person", "Jakarta/place"]),
        (["B-MISC", "I-MISC", "O", "O"], []),
        (["O", "O", "O", "O"], []),
    ],
)
def test_bio_and_iob1_are_read(tmp_path, tags, spans):
    rows = [{"split": "train", "tokens": ["Budi", "Santoso", "di", "Jakarta"], "tags": tags}]
    (sentence,) = read(written(tmp_path, rows), SET)
    assert [f"{sentence.text[a:b]}/{kind}" for a, b, kind in sentence.mentions] == spans


def test_only_the_training_part_is_read(tmp_path):
    row = {"tokens": ["Budi"], "tags": ["B-PER"]}
    rows = [{**row, "split": split} for split in ("train", "test", "valid", "all")]
    assert len(read(written(tmp_path, rows), SET)) == 2


def test_a_set_that_is_missing_is_empty(tmp_path):
    assert read(tmp_path, SET) == []


def test_brackets_and_quote_marks_are_no_part_of_a_name(tmp_path):
    rows = [{"split": "train", "tokens": ["(Jokowi)", "hadir"], "tags": ["B-PER", "O"]}]
    (sentence,) = read(written(tmp_path, rows), SET)
    assert sentence.text[slice(*sentence.mentions[0][:2])] == "Jokowi"


def test_labels_follow_the_characters():
    sentence = Sentence("Ketua Jokowi-JK di Jakarta", [(6, 15, "person"), (19, 26, "place")])
    texts, tags = tagged(sentence)
    assert list(zip(texts, tags, strict=True)) == [
        ("Ketua", "O"),
        ("Jokowi", "B-person"),
        ("-", "I-person"),
        ("JK", "I-person"),
        ("di", "O"),
        ("Jakarta", "B-place"),
    ]


def sentences() -> list[Sentence]:
    rows = []
    for name in ("Budi Santoso", "Andi Wijaya", "Rina Lestari", "Eko Prasetyo"):
        for town in ("Bogor", "Medan", "Solo"):
            text = f"Menurut {name} , warga {town} senang sekali"
            start = text.index(town)
            rows.append(Sentence(text, [(8, 8 + len(name), "person"), (start, start + len(town), "place")]))
    return rows


def test_training_twice_gives_the_same_bytes(tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    training.fit(sentences(), one)
    training.fit(sentences(), other)
    assert one.read_bytes() == other.read_bytes()


def test_a_trained_tagger_finds_what_it_has_seen(tmp_path):
    rows = sentences()
    tagger = training.fit(rows, tmp_path / MODEL_FILE)
    assert isinstance(tagger, Tagger)
    assert training.scores(tagger, rows)["f1"] == 1.0
    assert training.scores(tagger, [Sentence("tidak ada apa pun", [])])["f1"] == 0.0


def test_words_in_lower_case_outside_names_are_common():
    common = training.common_words(sentences())
    assert {"warga", "senang", "sekali"} <= common
    assert "Bogor" not in common
    assert "menurut" not in common


def test_short_messages_without_a_name_are_left_out():
    empty = Sentence("no names here", [])
    assert not training.useful(training.SHORT_MESSAGES, empty)
    assert training.useful("ner_wikigold_en", empty)


# ---------------------------------------------------------------- what ships


def test_the_provenance_is_that_of_the_model():
    provenance = json.loads(read_data(PROVENANCE_FILE))
    model = read_data(MODEL_FILE)
    assert provenance["blake2b"] == blake2b(model, digest_size=16).hexdigest()
    assert provenance["bytes"] == len(model) <= 2_100_000
    assert {row["set"] for row in provenance["trained_on"]} == {corpus.name for corpus in CORPORA}
    assert all(row["licence"] for row in provenance["trained_on"])
    assert provenance["parameters"] == training.PARAMETERS


def test_the_word_lists_are_lower_case_without_blanks_at_the_ends():
    for part, some in read_lists().items():
        for name, words in some.items():
            assert all(word == word.lower().strip() for word in words), (part, name)


def test_titles_are_roles():
    words = lexicon()
    assert words.titles <= words.role_heads | words.role_rest | {"bicara", "wali"}
