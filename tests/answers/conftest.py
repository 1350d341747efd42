"""The real encoder and what was learned of the film, loaded once: it takes a second."""

import pytest

from bot.answers.meaning import Meaning
from bot.answers.resolver import Resolver
from bot.answers.understanding import load_meanings
from bot.film.pack import Pack


@pytest.fixture(scope="session")
def meaning(her: Pack) -> Meaning:
    return load_meanings([her])["her"]


@pytest.fixture(scope="session")
def understanding(her: Pack, meaning: Meaning) -> Resolver:
    """A resolver that understands questions."""
    resolver = Resolver(her)
    resolver.understand(meaning)
    return resolver
