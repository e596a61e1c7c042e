"""Samples of the rule files, framed in an article; shared by the tests of the rules."""

from __future__ import annotations

from kabar.clean.lines import Stripped, strip
from kabar.clean.rulebook import Rule

BEFORE = [
    "Warga desa menanam padi di sawah milik bersama sejak pagi hari dan baru pulang setelah matahari terbenam.",
    "The council met for three hours on the plan and then agreed to ask every household in the valley.",
] * 4
AFTER = [
    "Pekerjaan itu akan dilanjutkan pekan depan bila hujan tidak turun terlalu deras di hulu sungai itu."
] * 4


def marked(sample: str) -> tuple[str, int, int]:
    """The sample without its marks, and the marked stretch; without marks all of it."""
    if "[[" not in sample:
        return sample, 0, len(sample)
    start, end = sample.index("[["), sample.rindex("]]")
    return sample[:start] + sample[start + 2 : end] + sample[end + 2 :], start, end - 2


def run(rule: Rule, sample: str) -> tuple[Stripped, str, int]:
    """Strip an article that holds the sample where the rule looks for it; also the article and the sample's place."""
    head = rule.zone == "head" or rule.id.startswith("dateline.")
    before = [] if head else BEFORE
    after = [] if rule.zone == "tail" else AFTER + (BEFORE if head else [])
    prefix = "".join(line + "\n" for line in before)
    received = prefix + sample + "".join("\n" + line for line in after)
    title = "Warga Lembah Panen Raya" if rule.form == "headline" else ""
    return strip(received, title=title), received, len(prefix)


def taken(stripped: Stripped) -> list[tuple[str, int, int]]:
    """Rule and span of everything that was removed."""
    credits_gone = [credit for credit in stripped.attributions if credit.removed]
    line = [stripped.dateline] if stripped.dateline else []
    return [
        (piece.rule, piece.start, piece.end)
        for piece in [*stripped.related, *stripped.removed, *credits_gone, *line]
    ]


def assert_accounted(received: str, stripped: Stripped) -> None:
    """Every character that is no white space is in the article, in order, or under one span; spans say what they cover."""
    covered = bytearray(len(received))
    for _, start, end in taken(stripped):
        assert 0 <= start < end <= len(received)
        assert not any(covered[start:end]), "two removals share characters"
        covered[start:end] = b"\x01" * (end - start)
    left = "".join(
        char for char, gone in zip(received, covered, strict=True) if not gone and not char.isspace()
    )
    assert left == "".join(stripped.text.split())
    for piece in stripped.removed:
        assert received[piece.start : piece.end] == piece.text
    for link in stripped.related:
        assert link.title in received[link.start : link.end]
    for credit in stripped.attributions:
        source = received if credit.removed else stripped.text
        assert source[credit.start : credit.end] == credit.text
    if stripped.dateline:
        assert received[stripped.dateline.start : stripped.dateline.end] == stripped.dateline.text
