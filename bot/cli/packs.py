"""Loading the content for a command, checked as far as the cards."""

from bot.answers.cards import card_problems
from bot.cli.failures import Failure
from bot.film.library import Library, default_content, load_library
from bot.film.pack import ContentError, Pack
from bot.settings import Settings, SettingsError


def checked_library(settings: Settings) -> Library:
    """The library of the content folder that is set, or of the one that came with the program.

    Raises:
        ContentError: with every problem, also texts that fit no card.
        SettingsError: the default film that is set is not there.
    """
    library = load_library(settings.content_dir or default_content(), settings.default_film)
    problems = [problem for pack in library for problem in card_problems(pack)]
    if problems:
        raise ContentError(problems)
    # Where nothing is set another folder need not have the usual default film.
    if "default_film" in settings.model_fields_set and settings.default_film not in library.packs:
        raise SettingsError(f"DEFAULT_FILM is “{settings.default_film}”, and there is no such film. {_films(library)}")
    return library


def film_of(library: Library, film: str | None) -> Pack:
    """The pack of a film id, the default one for None.

    Raises:
        Failure: there is no such film.
    """
    pack = library.get(film)
    if pack is None:
        raise Failure(f"There is no film “{film}”. {_films(library)}")
    return pack


def _films(library: Library) -> str:
    return f"There is: {', '.join(library.packs)}."
