"""What was learned belongs to the phrases it was learned from, or is not used at all."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bot.answers.encoder import UniversalSentenceEncoder
from bot.answers.fitting import FittingError, fit
from bot.answers.meaning import Meaning
from bot.answers.weights import WeightsError, read_weights, write_weights
from bot.film.loading import load_pack
from bot.film.pack import Pack
from bot.film.phrases import Phrase
from tests.packs import tiny_files, write_pack

ENDS = ("how does tiny end", "the last thing we hear", "who calls the fox at the end", "final seconds?", "is it asleep")
GARDENS = (
    "why the garden",
    "what is behind the hedge",
    "does the fox leave",
    "the world outside",
    "green place meaning",
)
NOTHING = (
    "best pizza",
    "hello",
    "write a poem",
    "who directed Alien",
    "what time is it",
    "mute him",
    "goal!",
    "thanks",
)


def taught(folder: Path) -> Pack:
    """The tiny film with phrases for everything that it has."""
    files = tiny_files()
    for topic, texts in (("the-end", ENDS), ("the-garden", GARDENS)):
        files[f"phrases/{topic}.yaml"] = {"topic": topic, "phrases": {"en": list(texts)}}
    files["unanswerable.yaml"] = {"unanswerable": [{"kind": "small-talk", "phrases": {"en": list(NOTHING)}}]}
    files["remembered.yaml"] = {
        "remembered": [
            {"quote": "fl-home", "phrases": {"en": [f"{text}, the line" for text in ENDS]}},
            {"quote": "garden", "phrases": {"en": [f"{text}, the line" for text in GARDENS]}},
        ]
    }
    files["differences.yaml"]["differences"].append(
        {**files["differences.yaml"]["differences"][0], "id": "inside-or-outside", "topics": ["the-garden"]}
    )
    files["claims.yaml"] = {
        "claims": [
            {"difference": "asleep-or-dead", "phrases": {"en": [f"since it is dead, {text}" for text in ENDS]}},
            {"difference": "inside-or-outside", "phrases": {"en": [f"as it got out, {text}" for text in GARDENS]}},
        ]
    }
    return load_pack(write_pack(folder, files))


def test_the_weights_in_the_repository_belong_to_the_phrases_beside_them(her: Pack) -> None:
    weights = read_weights(her)

    assert list(weights.topics.labels) == list(her.topics)
    assert list(weights.quotes.labels) == list(her.quotes)
    assert list(weights.claims.labels) == list(her.claims)


def test_a_new_phrase_asks_for_new_weights(her: Pack) -> None:
    more = {**her.phrases, "amy": (*her.phrases["amy"], Phrase("the woman next door", "en"))}

    with pytest.raises(WeightsError, match=r"learned from other phrases .*ending-bot content fit --film her"):
        read_weights(replace(her, phrases=more))


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 cut off"])
def test_damaged_weights_are_told_and_not_used(her: Pack, tmp_path: Path, content: bytes) -> None:
    damaged = tmp_path / "understanding.npz"
    damaged.write_bytes(content)

    with pytest.raises(WeightsError, match="is damaged"):
        read_weights(replace(her, weights=damaged))


def test_missing_weights_are_told_with_the_command_that_makes_them(her: Pack, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="Run `ending-bot content fit --film her`"):
        read_weights(replace(her, weights=tmp_path / "understanding.npz"))


def test_a_second_film_learns_from_its_own_phrases(tmp_path: Path) -> None:
    pack = taught(tmp_path)
    encoder = UniversalSentenceEncoder()
    steps: list[str] = []

    write_weights(pack.weights, fit(pack, encoder, steps.append))

    meaning = Meaning(encoder, read_weights(pack))
    assert meaning.topics("how did it end").scores[0][0] == "the-end"
    assert meaning.topics("is the garden all there is").scores[0][0] == "the-garden"
    assert meaning.quotes("what is behind that hedge").scores[0][0] == "garden"
    assert any(step.startswith("Tiny (2001), topics: cross-check 5 of 5") for step in steps)


def test_what_is_written_is_read_again_nearly_the_same(tmp_path: Path) -> None:
    pack = taught(tmp_path)
    encoder = UniversalSentenceEncoder()
    fitted = fit(pack, encoder, lambda _step: None)
    write_weights(pack.weights, fitted)

    read = read_weights(pack).topics

    assert np.abs(read.answered - fitted.topics.answered).max() < 0.01
    assert (read.by_words.weights == fitted.topics.by_words.weights).all()
    assert (read.features.hashes == fitted.topics.features.hashes).all()


def test_too_few_phrases_teach_nothing_and_it_is_said_which(tmp_path: Path) -> None:
    pack = taught(tmp_path)
    few = replace(pack, remembered={})

    with pytest.raises(FittingError, match="Too few has: fl-home, garden"):
        fit(few, UniversalSentenceEncoder(), lambda _step: None)
