"""Trains the entity tagger: one CRF for Indonesian and English.

    python -m kabar.enrich.training.entities --data DIR [--out DIR] [--folds 5]

``DIR`` holds the labelled sets (:mod:`kabar.enrich.training.corpora`). Without ``--folds`` it writes the model, the
common words and the model's provenance beside the package's other data; with it, it measures by cross-validation
and writes nothing. The same data gives the same bytes.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from pathlib import Path

import pycrfsuite

from kabar.enrich.entities.features import SEPARATOR, FeatureMaker, Item
from kabar.enrich.entities.tagger import MODEL_FILE, PROVENANCE_FILE, VERSION, Tagger
from kabar.enrich.gazetteer import gazetteer
from kabar.enrich.lexicon import COMMON_WORDS_FILE, Lexicon, build, read_lists
from kabar.enrich.training.corpora import CORPORA, Sentence, read, tagged

PARAMETERS = {
    "c1": 0.1,  # L1: most features end at zero, which keeps the model under 2 MB
    "c2": 0.05,  # L2
    "max_iterations": 80,  # measured by cross-validation: more gains nothing
    "feature.minfreq": 1,
    "feature.possible_transitions": True,
}
SHORT_MESSAGES = "ner_wnut17_en"
COMMON_LEAST = 2
"""A word is common when it stands in lower case this often in the training sets."""

DEFAULT_OUT = Path(__file__).parent.parent / "data"
Sequences = list[tuple[list[Item], list[str]]]


def common_words(sentences: Iterable[Sentence]) -> frozenset[str]:
    """Words that stand in lower case outside names."""
    counts: Counter[str] = Counter()
    for sentence in sentences:
        texts, tags = tagged(sentence)
        counts.update(
            t for t, tag in zip(texts, tags, strict=True) if tag == "O" and t.isalpha() and t.islower()
        )
    return frozenset(word for word, count in counts.items() if count >= COMMON_LEAST)


def useful(corpus: str, sentence: Sentence) -> bool:
    """Whether a sentence is learnt from.

    Short messages without a name teach the tagger that capitals mean nothing there, which is wrong for news: without
    them it finds more (recall on Wikipedia text .742 against .726) at the same F1.
    """
    return corpus != SHORT_MESSAGES or bool(sentence.mentions)


def lexicon_for(sentences: Sequence[Sentence]) -> Lexicon:
    """The hand-written lists with the common words of these sentences."""
    return build(read_lists(), common_words(sentences))


def sequences(maker: FeatureMaker, sentences: Iterable[Sentence]) -> Sequences:
    """The sentences as the CRF sees them: the candidate runs with separators between them."""
    out: Sequences = []
    for sentence in sentences:
        texts, tags = tagged(sentence)
        forms = [maker.form(text) for text in texts]
        items: list[Item] = []
        labels: list[str] = []
        for run in maker.runs(forms):
            items += [SEPARATOR, *maker.items(texts, forms, run)]
            labels += ["O", *_well_formed(tags[slice(*run)])]
        if items:
            out.append((items, labels))
    return out


def _well_formed(tags: list[str]) -> list[str]:
    """A name whose beginning is no candidate begins with the run."""
    return ["B-" + tags[0][2:], *tags[1:]] if tags[0].startswith("I-") else tags


def train(examples: Sequences, path: Path) -> None:
    """Fits the CRF and writes the model file."""
    trainer = pycrfsuite.Trainer(algorithm="lbfgs", params=PARAMETERS, verbose=False)
    for items, labels in examples:
        trainer.append(items, labels)
    trainer.train(str(path))


def fit(sentences: Sequence[Sentence], path: Path) -> Tagger:
    """Trains on sentences and returns the tagger, the model being at ``path``."""
    maker = FeatureMaker(lexicon_for(sentences), gazetteer())
    train(sequences(maker, sentences), path)
    return Tagger(maker, path.read_bytes())


def scores(tagger: Tagger, sentences: Iterable[Sentence]) -> dict[str, float]:
    """Exact span and type: precision, recall and F1 over all mentions."""
    right = found = gold = 0
    for sentence in sentences:
        answer = set(tagger.mentions_of(sentence.text))
        wanted = set(sentence.mentions)
        right += len(answer & wanted)
        found += len(answer)
        gold += len(wanted)
    precision, recall = right / max(found, 1), right / max(gold, 1)
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    return {"precision": round(precision, 3), "recall": round(recall, 3), "f1": round(f1, 3)}


def cross_validate(sets: dict[str, list[Sentence]], folds: int) -> dict[str, dict[str, float]]:
    """Every sentence measured once by a model that has not seen it; all sets are always in the training."""
    answers: dict[str, list[dict[str, float]]] = {name: [] for name in sets}
    for fold in range(folds):
        seen = [
            s
            for name, rows in sets.items()
            for i, s in enumerate(rows)
            if i % folds != fold and useful(name, s)
        ]
        with tempfile.TemporaryDirectory() as folder:
            tagger = fit(seen, Path(folder) / MODEL_FILE)
        for name, rows in sets.items():
            answers[name].append(scores(tagger, rows[fold::folds]))
    return {
        name: {key: round(sum(r[key] for r in rs) / folds, 3) for key in rs[0]}
        for name, rs in answers.items()
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of the labelled sets")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT)
    parser.add_argument("--folds", type=int, default=0, help="measure by cross-validation, write nothing")
    options = parser.parse_args()
    sets = {corpus.name: read(options.data, corpus) for corpus in CORPORA}
    if not all(sets.values()):
        missing = ", ".join(name for name, rows in sets.items() if not rows)
        parser.error(f"not in {options.data}: {missing}")
    if options.folds:
        print(json.dumps(cross_validate(sets, options.folds), indent=2))  # noqa: T201 - the command's answer
        return
    write(sets, options.out)


def write(sets: dict[str, list[Sentence]], out: Path) -> None:
    """Trains on everything; writes model, common words and provenance."""
    sentences = [sentence for name, rows in sets.items() for sentence in rows if useful(name, sentence)]
    fit(sentences, out / MODEL_FILE)
    model = (out / MODEL_FILE).read_bytes()
    (out / COMMON_WORDS_FILE).write_text("\n".join(sorted(common_words(sentences))) + "\n", encoding="utf-8")
    provenance = {
        "version": VERSION,
        "blake2b": blake2b(model, digest_size=16).hexdigest(),
        "bytes": len(model),
        "trained_on": [
            {"set": c.name, "source": c.source, "licence": c.licence, "sentences": len(sets[c.name])}
            for c in CORPORA
        ],
        "parameters": PARAMETERS,
    }
    (out / PROVENANCE_FILE).write_text(json.dumps(provenance, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
