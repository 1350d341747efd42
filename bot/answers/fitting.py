"""Learning from a pack's phrases. It needs scikit-learn, which the running bot does not.

What the gate and its thresholds rest on comes from cross-checks: judges that have not seen a phrase judge it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from bot.answers.classifier import Classifier, Gate, Judge, in_bytes, log_softmax, nearest, places, signs
from bot.answers.encoder import Encoder
from bot.answers.features import Features, Floats, count
from bot.answers.weights import Weights, fingerprint
from bot.film.pack import Pack
from bot.film.phrases import Phrase

FOLDS = 5
STRENGTH_OF_MEANING = 20.0
STRENGTH_OF_WORDS = 10.0
"""Inverse regularisation of the two judges, from cross-checks on the phrases of Her (2013)."""
DIRECTIONS = 64
"""As good as all 512 in the cross-check of Her (2013), at an eighth of the memory and time."""
WRONGLY_REFUSED = 0.06
"""Share of phrases with an answer that the gate may refuse in the cross-check."""
CLAIMS_PASSED_OVER = 0.2
"""Share of claims that the gate may pass over in the cross-check: neutral questions must not be taken for claims."""
RIGHT_IF_SURE = 0.95
"""Share of sure answers that are right in the cross-check."""
ITERATIONS = 1_000

Indices = npt.NDArray[np.int64]
Progress = Callable[[str], None]


class FittingError(Exception):
    """A pack that nothing can be learned from; the text says what is missing."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """Texts and the index of the label that each one means; the last index is “no answer”, and its texts are last."""

    labels: Sequence[str]
    texts: Sequence[str]
    meant: Indices
    embeddings: Floats
    places: Floats

    @property
    def has_answer(self) -> npt.NDArray[np.bool_]:
        """Which texts have an answer."""
        return self.meant < len(self.labels)

    def part(self, indices: Indices) -> "Lesson":
        """Some of the texts."""
        texts = [self.texts[at] for at in indices]
        return Lesson(self.labels, texts, self.meant[indices], self.embeddings[indices], self.places[indices])


@dataclass(frozen=True, slots=True)
class CrossCheck:
    """What judges who had not seen a text made of it: their signs, the scores of the labels, and the gate's word."""

    signs: Floats
    scores: Floats
    answerable: Floats


def fit(pack: Pack, encoder: Encoder, progress: Progress) -> Weights:
    """Learn from the phrases of a pack. `progress` is told what is being done.

    Raises:
        FittingError: there are too few phrases.
    """

    def learn(lesson: Lesson, what: str, wrongly_refused: float = WRONGLY_REFUSED) -> Classifier:
        return _learn(lesson, wrongly_refused, lambda step: progress(f"{pack.film.name}, {what}: {step}"))

    topics = topic_lesson(pack, encoder)
    directions = directions_of(topics.embeddings)
    return Weights(
        fingerprint=fingerprint(pack),
        directions=directions,
        topics=learn(topics, "topics"),
        quotes=learn(quote_lesson(pack, encoder, directions), "quotes"),
        claims=learn(claim_lesson(pack, encoder, directions), "claims", CLAIMS_PASSED_OVER),
    )


def directions_of(embeddings: Floats) -> Floats:
    """The directions in which embeddings differ most, a column for each."""
    *_, directions = np.linalg.svd(embeddings, full_matrices=False)
    return np.asarray(directions[:DIRECTIONS].T, dtype=np.float32)


def topic_lesson(pack: Pack, encoder: Encoder) -> Lesson:
    """The phrases and names of a pack's topics, and what has no answer."""
    return _lesson(topic_texts(pack), _texts(pack.unanswerable), encoder, None)


def quote_lesson(pack: Pack, encoder: Encoder, directions: Floats) -> Lesson:
    """The quotes of a pack and how they are remembered, and what has no answer."""
    quotes = {quote.id: [quote.text, *_texts(pack.remembered.get(quote.id, ()))] for quote in pack.quotes.values()}
    return _lesson(quotes, _texts(pack.unanswerable), encoder, directions)


def claim_lesson(pack: Pack, encoder: Encoder, directions: Floats) -> Lesson:
    """What takes one side of a pack's differences for granted, and questions that do not."""
    claims = {difference: _texts(phrases) for difference, phrases in pack.claims.items()}
    return _lesson(claims, [text for texts in topic_texts(pack).values() for text in texts], encoder, directions)


def topic_texts(pack: Pack) -> dict[str, list[str]]:
    """Everything that leads to a topic, by the topic's id."""
    return {
        topic.id: [topic.title, *topic.aliases, *_texts(pack.phrases.get(topic.id, ()))]
        for topic in pack.topics.values()
    }


def _texts(phrases: Iterable[Phrase]) -> list[str]:
    return [phrase.text for phrase in phrases]


def _lesson(
    answered: Mapping[str, Sequence[str]], unanswered: Sequence[str], encoder: Encoder, directions: Floats | None
) -> Lesson:
    few = [label for label, texts in answered.items() if len(texts) < FOLDS]
    if few or len(answered) <= 1 or len(unanswered) < FOLDS:
        raise FittingError(
            f"There are too few phrases to learn from: {FOLDS} are needed for each of at least two topics, quotes and "
            f"differences, and as many unanswerable ones. Too few has: {', '.join(few) or 'unanswerable.yaml'}."
        )
    texts = [*(text for each in answered.values() for text in each), *unanswered]
    counts = [*map(len, answered.values()), len(unanswered)]
    embeddings = encoder.encode(texts)
    seen = places(embeddings, directions_of(embeddings) if directions is None else directions)
    return Lesson(list(answered), texts, np.repeat(np.arange(len(counts)), counts), embeddings, seen)


def _learn(lesson: Lesson, wrongly_refused: float, progress: Progress) -> Classifier:
    checked = cross_check(lesson, lambda fold: progress(f"cross-check {fold} of {FOLDS}"))
    progress("all phrases")
    features, by_meaning, by_words = _judges(lesson)
    has_answer = lesson.has_answer
    refused_below = float(np.quantile(checked.answerable[has_answer], wrongly_refused))
    return Classifier(
        labels=lesson.labels,
        features=features,
        by_meaning=by_meaning,
        by_words=by_words,
        gate=_gate(checked.signs, has_answer),
        answered=lesson.places[has_answer],
        unanswered=lesson.places[~has_answer],
        refused_below=refused_below,
        sure_from=_sure_from(lesson, checked, checked.answerable >= refused_below),
    )


def cross_check(lesson: Lesson, progress: Callable[[int], None]) -> CrossCheck:
    """Judge every text by judges that have seen only others. `progress` is told each round, from 1."""
    gathered = np.zeros((len(lesson.texts), len(signs(*_no_opinion(lesson)))), dtype=np.float32)
    scores = np.zeros((len(lesson.texts), len(lesson.labels)), dtype=np.float32)
    for number, (known, unseen) in enumerate(_folds(lesson.meant), start=1):
        progress(number)
        learned = lesson.part(known)
        features, by_meaning, by_words = _judges(learned)
        for at in unseen:
            meaning = by_meaning.of_embedding(lesson.embeddings[at])
            words = by_words.of_features(*features.vector(count(lesson.texts[at])))
            likeness = learned.places @ lesson.places[at]
            near = nearest(likeness[learned.has_answer]), nearest(likeness[~learned.has_answer])
            gathered[at] = signs(meaning, words, near)
            scores[at] = np.exp(log_softmax((meaning + words)[:-1]))
    has_answer = lesson.has_answer
    answerable = np.zeros(len(lesson.texts), dtype=np.float32)
    for known, unseen in _folds(has_answer.astype(np.int64)):
        gate = _gate(gathered[known], has_answer[known])
        answerable[unseen] = [gate.opens(each) for each in gathered[unseen]]
    return CrossCheck(gathered, scores, answerable)


def _no_opinion(lesson: Lesson) -> tuple[Floats, Floats, tuple[float, float]]:
    flat = np.zeros(len(lesson.labels) + 1, dtype=np.float32)
    return flat, flat, (0.0, 0.0)


def _folds(classes: Indices) -> Iterator[tuple[Indices, Indices]]:
    yield from StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(np.zeros(len(classes)), classes)


def _judges(lesson: Lesson) -> tuple[Features, Judge, Judge]:
    # What has no answer is known by other words too, but they are too many to keep.
    features = Features.of(text for text, answered in zip(lesson.texts, lesson.has_answer, strict=True) if answered)
    by_words = _regression(STRENGTH_OF_WORDS).fit(_matrix(features, lesson.texts), lesson.meant)
    by_meaning = _regression(STRENGTH_OF_MEANING).fit(lesson.embeddings, lesson.meant)
    return features, _judge(by_meaning), _judge(by_words)


def _regression(strength: float) -> LogisticRegression:
    return LogisticRegression(C=strength, class_weight="balanced", max_iter=ITERATIONS)


def _judge(regression: LogisticRegression) -> Judge:
    weights, scale = in_bytes(regression.coef_.T)
    return Judge(weights, scale, regression.intercept_.astype(np.float32))


def _matrix(features: Features, texts: Sequence[str]) -> csr_matrix:
    vectors = [features.vector(count(text)) for text in texts]
    rows = np.cumsum([0, *(len(indices) for indices, _ in vectors)])
    indices = np.concatenate([indices for indices, _ in vectors])
    return csr_matrix(
        (np.concatenate([values for _, values in vectors]), indices, rows), (len(texts), len(features.hashes))
    )


def _gate(gathered: Floats, has_answer: npt.NDArray[np.bool_]) -> Gate:
    mean, scale = gathered.mean(axis=0), gathered.std(axis=0)
    regression = _regression(1.0).fit((gathered - mean) / scale, has_answer)
    return Gate(mean, scale, regression.coef_[0].astype(np.float32), float(regression.intercept_[0]))


def _sure_from(lesson: Lesson, checked: CrossCheck, answered: npt.NDArray[np.bool_]) -> float:
    """The least best score from which on as many answers are right as RIGHT_IF_SURE asks."""
    best = checked.scores.max(axis=1)[answered]
    is_right = (checked.scores.argmax(axis=1) == lesson.meant)[answered]
    order = np.argsort(-best)
    right_so_far = np.cumsum(is_right[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(right_so_far >= RIGHT_IF_SURE)
    return float(best[order[enough[-1]]]) if len(enough) else 1.0
