"""Content is read one time after another, all of it or none, and what is different is told."""

import asyncio
import signal
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from bot.answers.encoder import Encoder
from bot.answers.index import Index
from bot.answers.understanding import Meanings, Understanding
from bot.client import EndingBot
from bot.film.changes import NAMED, changes
from bot.film.library import Library, load_library
from bot.film.pack import Pack
from bot.films import Shelf
from bot.hangup import Hangup
from bot.reloading import Reloaded, Reloader
from bot.servers.cards import reloaded_text
from bot.settings import SettingsError
from bot.store.engine import Store
from tests.packs import put, tiny_files, write_pack

ROOT = Path(__file__).parent.parent


class Answering:
    """Stands for the door to asking."""

    def __init__(self, library: Library) -> None:
        self.index = Index(library)


async def nobody() -> None:
    """Discord, which need not be told."""


@pytest.fixture
def tiny(tmp_path: Path) -> Library:
    write_pack(tmp_path)
    return load_library(tmp_path)


def changed(library: Library, **parts: Any) -> Library:
    """The library with other parts of its one film."""
    pack = library.default
    return Library({pack.film.id: replace(pack, **parts)})


class TestChanges:
    def test_the_same_content_differs_in_nothing(self, tiny: Library, tmp_path: Path) -> None:
        assert changes(tiny, load_library(tmp_path)) == []

    def test_each_kind_of_thing_is_told_by_name(self, tmp_path: Path, tiny: Library) -> None:
        files = tiny_files()
        put(files, "quotes.yaml", ("film_lines", 0, "scene"), "The very last shot")
        put(files, "topics/the-end.yaml", ("title",), "The end of Tiny")
        put(files, "film.yaml", ("director",), "Somebody Else")
        put(files, "subjects.yaml", ("subjects", 0, "id"), "the-fox")
        put(files, "timeline.yaml", ("steps", 1, "what"), "The mother is heard")
        put(files, "poll.yaml", ("question",), "How was it?")
        put(files, "discussion.yaml", ("questions", 0, "question"), "Does the fox sleep?")
        write_pack(tmp_path, files)
        assert changes(tiny, load_library(tmp_path)) == [
            "Tiny (2001), film, changed: film.yaml",
            "Tiny (2001), quotes, changed: fl-home",
            "Tiny (2001), topics, changed: the-end",
            "Tiny (2001), subjects, new: the-fox; gone: fox",
            "Tiny (2001), timeline, changed: step 2",
            "Tiny (2001), questions, changed: d1",
            "Tiny (2001), poll, changed: poll.yaml",
        ]

    def test_a_film_comes_goes_or_becomes_the_usual_one(self, tiny: Library) -> None:
        pack = tiny.default
        other = replace(pack, film=pack.film.model_copy(update={"id": "small", "title": "Small"}))
        both = Library({"small": other, "tiny": pack})
        usual = "Small (2001) is now the film that is meant where a command names none"
        assert changes(tiny, both) == ["Small (2001): a new film", usual]
        assert changes(both, Library({"small": other})) == ["Tiny (2001): gone"]

    def test_many_things_are_counted(self, tiny: Library) -> None:
        topic = tiny.default.topics["the-end"]
        many = changed(tiny, topics={**tiny.default.topics, **{f"t{number}": topic for number in range(NAMED + 2)}})
        assert changes(tiny, many) == ["Tiny (2001), topics, new: t0, t1, t2, t3, t4 and 2 more"]


class TestReloader:
    def reloader(self, tiny: Library, read: object, understanding: Understanding | None = None) -> Reloader:
        self.shelf = Shelf(tiny)
        self.answering = Answering(tiny)
        assert callable(read)
        return Reloader(self.shelf, self.answering, read, understanding, nobody)

    async def test_what_is_read_stands_on_the_shelf_and_is_answered_from(self, tiny: Library) -> None:
        new = changed(tiny, poll=None)
        assert await self.reloader(tiny, lambda: new).reload() == Reloaded(("Tiny (2001), poll, gone: poll.yaml",))
        assert self.shelf.library is new
        assert self.answering.index.library is new
        assert self.shelf.edition == 1

    async def test_a_film_that_the_settings_name_and_that_is_gone_is_refused(self, tiny: Library) -> None:
        def read() -> Library:
            raise SettingsError("there is no such film")

        assert (await self.reloader(tiny, read).reload()).problems == ("there is no such film",)
        assert self.shelf.library is tiny
        assert self.shelf.edition == 0

    @pytest.mark.parametrize("error", [ImportError("no numpy"), ValueError("no such array"), MemoryError()])
    async def test_whatever_keeps_it_from_being_read_is_told_and_logged_and_the_old_content_stays(
        self, tiny: Library, error: Exception
    ) -> None:
        class Broken(Understanding):
            def load(self, packs: object) -> Meanings:
                raise error

        new = changed(tiny, poll=None)
        with capture_logs() as logs:
            [problem] = (await self.reloader(tiny, lambda: new, Broken()).reload()).problems
        assert repr(error) in problem
        assert [log["event"] for log in logs if log.get("exc_info")] == ["reading the content failed"]
        assert self.shelf.library is tiny
        assert self.answering.index.library is tiny

    async def test_after_a_reading_that_failed_the_next_one_that_is_asked_for_is_done(self, tiny: Library) -> None:
        new = changed(tiny, poll=None)
        failed = asyncio.Event()
        loop = asyncio.get_running_loop()

        def read() -> Library:
            if failed.is_set():
                return new
            loop.call_soon_threadsafe(failed.set)
            raise MemoryError

        reloader = self.reloader(tiny, read)
        running = asyncio.create_task(reloader.run())
        reloader.ask()
        await asyncio.wait_for(failed.wait(), 30)
        reloader.ask()
        async with asyncio.timeout(30):
            while self.shelf.library is not new and not running.done():  # noqa: ASYNC110 - nobody is told
                await asyncio.sleep(0.01)
        assert not running.done()
        assert self.shelf.library is new
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    async def test_it_reads_off_the_event_loop_and_never_twice_at_once(self, tiny: Library) -> None:
        reading, reads, may_end = [0], list[int](), threading.Event()
        started = asyncio.Event()
        loop = asyncio.get_running_loop()

        def read() -> Library:
            reading[0] += 1
            reads.append(reading[0])
            loop.call_soon_threadsafe(started.set)
            assert may_end.wait(30)
            reading[0] -= 1
            return tiny

        reloader = self.reloader(tiny, read)
        running = asyncio.create_task(reloader.run())
        reloader.ask()
        await asyncio.wait_for(started.wait(), 30)
        # The loop goes on although the reading does not.
        reloader.ask()
        beside = asyncio.create_task(reloader.reload())
        for _ in range(10):
            await asyncio.sleep(0)
        assert reads == [1]
        may_end.set()
        await asyncio.wait_for(beside, 30)
        while len(reads) < 3:
            started.clear()
            await asyncio.wait_for(started.wait(), 30)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert reads == [1, 1, 1]

    async def test_phrases_that_nothing_was_learned_from_are_told_of_and_words_answer(
        self, tiny: Library, tmp_path: Path
    ) -> None:
        files = tiny_files()
        files["phrases/the-end.yaml"] = {"topic": "the-end", "phrases": {"en": ["what happens in the last minute"]}}
        write_pack(tmp_path, files)
        reloaded = await self.reloader(tiny, lambda: load_library(tmp_path), Understanding()).reload()
        assert reloaded.changes == ("Tiny (2001), phrases, new: the-end",)
        [warning] = reloaded.warnings
        assert "nothing was learned from them yet. Run `ending-bot content fit --film tiny`" in warning
        answer = self.answering.index.of(self.shelf.default).resolver.resolve("last shot").answer
        assert answer is not None
        assert answer.found.id == "the-end"


class TestUnderstanding:
    async def test_an_encoder_that_can_not_be_loaded_is_logged_once_and_names_and_words_answer(
        self, store: Store, her: Pack, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def ready() -> None:
            pass

        def broken() -> None:
            raise ImportError("no numpy")

        monkeypatch.setattr("bot.answers.encoder.UniversalSentenceEncoder", broken)
        monkeypatch.setattr("bot.tasks.RESTART_PAUSE", 0.0)
        bot = EndingBot(Library({"her": her}), store, understanding=True)
        monkeypatch.setattr(bot, "wait_until_ready", ready)
        with capture_logs() as logs:
            bot.tasks.keep("understanding", bot._understand)
            [task] = bot.tasks._running.values()
            await asyncio.wait([task], timeout=30)
        assert task.done()
        assert bot.tasks.health() == {"understanding": True}
        assert [log["event"] for log in logs if log.get("exc_info")] == [
            "questions can't be understood by their meaning, so names and words answer"
        ]
        answer = bot._answers.index.of(her).resolver.resolve("why did samantha leave").answer
        assert answer is not None
        await bot.close()

    def test_the_encoder_is_kept_from_one_reading_to_the_next(self, her: Pack) -> None:
        understanding = Understanding()
        encoder = understanding._encoder = cast("Encoder", object())
        for _ in range(2):
            assert understanding.load([her]).by_film["her"].encoder is encoder

    def test_weights_of_other_phrases_are_told_of_and_not_used(self, her: Pack) -> None:
        other = replace(her, phrases={**her.phrases, "grief": her.phrases["grief"][:-1]})
        meanings = Understanding().load([other])
        assert meanings.by_film == {}
        [reason] = meanings.missing
        assert "was learned from other phrases or names than Her" in reason
        assert "Run `ending-bot content fit --film her`." in reason


class TestReport:
    def test_however_much_is_wrong_it_fits_a_message_and_says_how_much_is_left_out(self) -> None:
        problems = tuple(f"tiny/topics/{number}.yaml:1: title: this is wrong in a long way" for number in range(200))
        text = reloaded_text(Reloaded(problems=problems))
        assert len(text) <= 2_000
        assert text.startswith("The content is refused, and the old one stays: 200 problems.\n```\n" + problems[0])
        assert "more, which the log has" in text

    def test_one_endless_line_fits_too(self) -> None:
        text = reloaded_text(Reloaded(problems=("x" * 5_000,)))
        assert len(text) <= 2_000
        assert "xxx" in text

    def test_what_stands_in_a_pack_can_not_leave_its_frame(self) -> None:
        text = reloaded_text(Reloaded(problems=("a ``` @everyone",)))
        assert text.count("```") == 2


class TestSignal:
    @pytest.fixture(autouse=True)
    def restored(self) -> Iterator[None]:
        before = signal.getsignal(signal.SIGHUP)
        yield
        signal.signal(signal.SIGHUP, before)

    async def test_one_that_came_before_anybody_listened_is_passed_on(self) -> None:
        hangup, asked = Hangup(), asyncio.Event()
        signal.raise_signal(signal.SIGHUP)
        with hangup.told_to(asked.set):
            assert asked.is_set()

    async def test_one_that_comes_later_wakes_the_loop_and_one_after_the_end_does_nothing(self) -> None:
        hangup, asked = Hangup(), asyncio.Event()
        with hangup.told_to(asked.set):
            assert not asked.is_set()
            signal.raise_signal(signal.SIGHUP)
            await asyncio.wait_for(asked.wait(), 30)
        asked.clear()
        signal.raise_signal(signal.SIGHUP)
        assert not asked.is_set()

    def test_nothing_slow_is_imported_before_it_is_ignored(self) -> None:
        # In place of the command line stands something that tells what there is when it is imported.
        tell = """
import signal, sys, types
class CommandLine(types.ModuleType):
    def __getattr__(self, name):
        heavy = {module.partition(".")[0] for module in sys.modules} & {"discord", "typer", "pydantic"}
        return lambda: print(signal.getsignal(signal.SIGHUP) is signal.SIG_IGN, heavy)
sys.modules["bot.cli"] = CommandLine("bot.cli")
sys.argv = ["ending-bot", "run"]
from bot.__main__ import main
main()
"""
        done = subprocess.run([sys.executable, "-c", tell], cwd=ROOT, capture_output=True, text=True, check=True)
        assert done.stdout == "True set()\n"

    def test_the_installed_program_begins_with_it_too(self) -> None:
        scripts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]
        assert scripts == {"ending-bot": "bot.__main__:main"}
