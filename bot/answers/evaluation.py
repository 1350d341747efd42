"""How well questions are understood: on questions with known answers, beside simpler ways of finding them."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import bm25s
import numpy as np
from pydantic import ValidationError

from bot.answers.encoder import Encoder
from bot.answers.features import Floats
from bot.answers.fitting import CrossCheck, Lesson
from bot.answers.matches import Resolution
from bot.answers.meaning import Meaning
from bot.answers.resolver import Resolver
from bot.film.loading import with_tuples
from bot.film.models import Entry, Slug, Subject
from bot.film.names import normalise
from bot.film.pack import ContentError, Pack
from bot.film.phrases import Language, Wording
from bot.film.yamlfile import Problem, read_yaml

AMONG_THE_FIRST = 3


class Question(Entry):
    """A question to a film, and the topic it means; none where the sources do not answer it."""

    ask: Wording
    topic: Slug | None = None
    kind: str
    language: Language


class QuestionsFile(Entry):
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one way of finding made of one question: topics, the best first, and whether it refused to answer."""

    topics: Sequence[str]
    refused: bool = False


Finder = Callable[[str], Verdict]


@dataclass(frozen=True, slots=True)
class Score:
    """Shares (0 to 1) of the questions with an answer whose topic came first, or among the first three, or that were
    refused wrongly; and of those without an answer that were refused. None where there were no such questions."""

    first: float | None
    among_the_first: float | None
    wrongly_refused: float | None
    refused: float | None


def read_questions(folder: Path) -> list[Question]:
    """The questions of a folder: answerable.yaml and unanswerable.yaml.

    Raises:
        ContentError: a file is missing or wrong, with its place.
    """
    found: list[Question] = []
    for name in ("answerable.yaml", "unanswerable.yaml"):
        parsed = read_yaml(folder / name, name)
        if isinstance(parsed, Problem):
            raise ContentError([parsed])
        try:
            found += QuestionsFile.model_validate(with_tuples(parsed.data)).questions
        except ValidationError as error:
            raise ContentError(parsed.problem(each["loc"], each["msg"]) for each in error.errors()) from error
    return found


def score(questions: Sequence[Question], verdicts: Sequence[Verdict]) -> Score:
    """How the verdicts fit the questions, which are in the same order."""
    pairs = list(zip(questions, verdicts, strict=True))
    answerable = [(question.topic, verdict) for question, verdict in pairs if question.topic is not None]
    return Score(
        first=_share(topic == verdict.topics[0] for topic, verdict in answerable),
        among_the_first=_share(topic in verdict.topics[:AMONG_THE_FIRST] for topic, verdict in answerable),
        wrongly_refused=_share(verdict.refused for _, verdict in answerable),
        refused=_share(verdict.refused for question, verdict in pairs if question.topic is None),
    )


def _share(hits: Iterable[bool]) -> float | None:
    values = list(hits)
    return sum(values) / len(values) if values else None


def confusions(questions: Sequence[Question], verdicts: Sequence[Verdict]) -> list[tuple[str, str, int]]:
    """Topics that were taken for another one: the topic meant, the one that came first, how often; the worst first."""
    pairs = Counter(
        (question.topic, verdict.topics[0])
        for question, verdict in zip(questions, verdicts, strict=True)
        if question.topic is not None and question.topic != verdict.topics[0]
    )
    return [(meant, taken, count) for (meant, taken), count in pairs.most_common()]


def score_of_cross_check(lesson: Lesson, checked: CrossCheck, refused_below: float) -> Score:
    """How well judges that had not seen a phrase judged it."""
    order = np.argsort(-checked.scores, axis=1)
    refused = checked.answerable < refused_below
    questions = [
        Question(ask=text, topic=lesson.labels[meant] if meant < len(lesson.labels) else None, kind="-", language="en")
        for text, meant in zip(lesson.texts, lesson.meant, strict=True)
    ]
    verdicts = [
        Verdict([lesson.labels[index] for index in row[:AMONG_THE_FIRST]], bool(no))
        for row, no in zip(order, refused, strict=True)
    ]
    return score(questions, verdicts)


def finders(pack: Pack, meaning: Meaning) -> Mapping[str, Finder]:
    """Ways of finding a topic, by name: the bot's, and simpler ones beside it."""
    understanding = Resolver(pack)
    understanding.understand(meaning)
    return {
        "the bot": _resolving(understanding),
        "names and words": _resolving(Resolver(pack)),
        "BM25": _by_bm25(pack),
        "embeddings": _by_embeddings(pack, meaning.encoder),
    }


def _resolving(resolver: Resolver) -> Finder:
    def find(ask: str) -> Verdict:
        resolution = resolver.resolve(ask)
        return Verdict(_topics(resolution), resolution.answer is None)

    return find


def _topics(resolution: Resolution) -> list[str]:
    """The topics found, a person of the film standing for theirs."""
    found: dict[str, None] = {}
    for match in resolution.matches:
        names = match.found.topics if isinstance(match.found, Subject) else (match.found.id,)
        found.update(dict.fromkeys(names))
    return list(found)


def _by_bm25(pack: Pack) -> Finder:
    index = bm25s.BM25()
    index.index([normalise(" ".join(texts)).split() for texts in _texts(pack).values()], show_progress=False)

    def find(ask: str) -> Verdict:
        words = [word for word in normalise(ask).split() if word in index.vocab_dict]
        return _ranked(pack, index.get_scores(words) if words else np.zeros(len(pack.topics), dtype=np.float32))

    return find


def _by_embeddings(pack: Pack, encoder: Encoder) -> Finder:
    embeddings = [encoder.encode(texts) for texts in _texts(pack).values()]

    def find(ask: str) -> Verdict:
        (asked,) = encoder.encode([ask])
        return _ranked(pack, np.array([(texts @ asked).max() for texts in embeddings], dtype=np.float32))

    return find


def _texts(pack: Pack) -> dict[str, list[str]]:
    """The titles, aliases and quotes of topics, by id: what is there without phrases."""
    return {
        topic.id: [
            topic.title,
            *topic.aliases,
            *(quote.text for quote in pack.quotes.values() if topic.id in quote.topics),
        ]
        for topic in pack.topics.values()
    }


def _ranked(pack: Pack, scores: Floats) -> Verdict:
    names = list(pack.topics)
    return Verdict([names[index] for index in np.argsort(-scores, kind="stable")])
