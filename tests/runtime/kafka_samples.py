"""Observations for tests of the distributed runtime."""

from kabar.contracts.ids import observation_id
from kabar.contracts.observation import accept
from kabar.runtime.envelopes import letter
from kabar.runtime.refusals import Refused

NOW = 1_760_000_000_000


def message(n=1, *, text="Pasar lama Lubuk Damar dibuka kembali.", observed_at=NOW):
    return accept(
        {"url": f"https://lubuk.example/{n}", "title": f"Pasar {n}", "text": text, "source": "Warta Lubuk"},
        observation_id=observation_id("job/1", n),
        observed_at=observed_at,
        accepted_at=observed_at + 5,
        origin=f"file:pasar.jsonl#{n}",
    )


def refusal(n=2, *, original=b"nonsense\n"):
    envelope = letter(
        original, observation_id=observation_id("job/1", n), stage="accept", reason="bad_message",
        error="line 2 is no JSON", died_at=NOW, origin=f"file:pasar.jsonl#{n}",
    )  # fmt: skip
    return Refused(envelope, original)
