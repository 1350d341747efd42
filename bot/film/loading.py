"""Loading a film pack from its folder: the files one by one, then the whole."""

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from bot.film.checks import check_files
from bot.film.models import (
    DifferencesFile,
    DiscussionFile,
    EndingPoll,
    Entry,
    Film,
    QuotesFile,
    SourcesFile,
    SubjectsFile,
    TimelineFile,
    Topic,
)
from bot.film.pack import ContentError, Pack
from bot.film.phrases import ClaimsFile, PhrasesFile, RememberedFile, UnanswerableFile, each_phrase
from bot.film.yamlfile import Place, Problem, YamlFile, read_yaml

Model = TypeVar("Model", bound=Entry)
WEIGHTS = "understanding.npz"
"""What was learned from a pack's phrases, beside them."""


def load_pack(folder: Path) -> Pack:
    """Load and check the pack in a folder.

    Raises:
        ContentError: with every problem of the pack, each naming file, line and field.
    """
    return _Loader(folder).load()


class _Loader:
    """Reads the files of one folder and gathers every problem on the way."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[Problem] = []
        self.files: dict[str, YamlFile] = {}

    def load(self) -> Pack:
        film = self._file("film.yaml", Film)
        sources = self._file("sources.yaml", SourcesFile)
        quotes = self._file("quotes.yaml", QuotesFile)
        subjects = self._optional("subjects.yaml", SubjectsFile)
        differences = self._optional("differences.yaml", DifferencesFile)
        timeline = self._optional("timeline.yaml", TimelineFile)
        discussion = self._optional("discussion.yaml", DiscussionFile)
        poll = self._optional("poll.yaml", EndingPoll)
        topics = self._topics()
        phrases = self._phrases()
        unanswerable = self._optional("unanswerable.yaml", UnanswerableFile)
        remembered = self._optional("remembered.yaml", RememberedFile)
        claims = self._optional("claims.yaml", ClaimsFile)
        self.problems += check_files(self.files)
        if film is None or sources is None or quotes is None or self.problems:
            raise ContentError(self.problems)
        return Pack(
            film=film,
            sources={source.id: source for source in sources.sources},
            quotes={quote.id: quote for quote in quotes.all()},
            topics=topics,
            subjects={subject.id: subject for subject in subjects.subjects} if subjects else {},
            differences=differences.differences if differences else (),
            timeline=timeline.steps if timeline else (),
            discussion=discussion.questions if discussion else (),
            poll=poll,
            phrases={each.topic: tuple(each_phrase(each.phrases)) for each in phrases},
            unanswerable=tuple(
                phrase
                for each in (unanswerable.unanswerable if unanswerable else ())
                for phrase in each_phrase(each.phrases)
            ),
            remembered={
                each.quote: tuple(each_phrase(each.phrases)) for each in (remembered.remembered if remembered else ())
            },
            claims={each.difference: tuple(each_phrase(each.phrases)) for each in (claims.claims if claims else ())},
            weights=self.folder / WEIGHTS,
        )

    def _optional(self, name: str, model: type[Model]) -> Model | None:
        return self._file(name, model) if (self.folder / name).exists() else None

    def _file(self, name: str, model: type[Model]) -> Model | None:
        parsed = read_yaml(self.folder / name, f"{self.folder.name}/{name}")
        if isinstance(parsed, Problem):
            self.problems.append(parsed)
            self.files[name] = YamlFile(name, None, {})
            return None
        self.files[name] = parsed
        try:
            return model.model_validate(with_tuples(parsed.data))
        except ValidationError as error:
            self.problems += [parsed.problem(place, message) for place, message in _told(error)]
            return None

    def _topics(self) -> dict[str, Topic]:
        paths = sorted((self.folder / "topics").glob("*.yaml"))
        if not paths:
            self.problems.append(Problem(f"{self.folder.name}/topics", 1, "(folder)", "there is no topic here"))
        topics = [self._file(f"topics/{path.name}", Topic) for path in paths]
        return {topic.id: topic for topic in topics if topic is not None}

    def _phrases(self) -> list[PhrasesFile]:
        paths = sorted((self.folder / "phrases").glob("*.yaml"))
        files = [self._file(f"phrases/{path.name}", PhrasesFile) for path in paths]
        return [file for file in files if file is not None]


def _told(error: ValidationError) -> Iterator[tuple[Place, str]]:
    """What pydantic found, in the words of a YAML file."""
    details = error.errors()
    for detail in details:
        place = detail["loc"]
        # A list with a wrong item is called too short as well, since that item does not count.
        inner = any(each["loc"][: len(place)] == place and each["loc"] != place for each in details)
        if detail["type"] != "too_short" or not inner:
            message = detail["msg"].removeprefix("Value error, ")
            yield place, message.replace("valid tuple", "valid list").replace("Tuple should", "List should")


def with_tuples(data: object) -> object:
    """Lists as tuples, as the strict models want them."""
    if isinstance(data, list):
        return tuple(with_tuples(item) for item in data)
    if isinstance(data, dict):
        return {key: with_tuples(value) for key, value in data.items()}
    return data
