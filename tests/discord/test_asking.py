"""Members ask, and the sources answer."""

from pathlib import Path

import discord
import pytest

from bot.client import BUTTONS
from bot.film.library import Library, load_library
from bot.film.pack import Pack
from tests.discord.world import World, labels, open_world, shown


async def test_samantha_is_answered_richly_with_her_departure_first(world: World, her: Pack) -> None:
    answer = await world.ana.slash(world.channel, "ending", topic="samantha")
    text = shown(answer)
    assert not answer.ephemeral
    assert "Her (2013)" in text
    assert text.index("Why Samantha leaves") < text.index("Where they differ") < text.index("More about Samantha")
    for source in her.sources.values():
        assert f"**{discord.utils.escape_markdown(source.label)}**" in text
    for reading in her.topics["why-samantha-left"].readings:
        assert her.quotes[reading.quotes[0]].text in text


async def test_an_answer_can_be_seen_alone_and_then_shared(world: World) -> None:
    private = await world.ana.slash(world.channel, "ending", topic="grief", show="me")
    assert private.ephemeral
    assert private.response is not None
    shared = await world.ana.click(private.response.message, label="Share with everyone")
    assert not shared.ephemeral
    assert f"Shared by {world.ana.mention}" in shown(shared)
    assert "Share with everyone" not in labels(shared)


async def test_a_related_topic_opens_privately_beside_a_shared_answer(world: World) -> None:
    answer = await world.ana.slash(world.channel, "ending", topic="rooftop")
    label = labels(answer)[0]
    assert answer.response is not None
    opened = await world.ben.click(answer.response.message, label=label)
    assert opened.ephemeral
    assert "Share with everyone" in labels(opened)


async def test_a_related_topic_turns_the_page_of_a_private_answer(world: World) -> None:
    answer = await world.ana.slash(world.channel, "ending", topic="rooftop", show="me")
    assert answer.response is not None
    before = len(world.channel.history(viewer=world.ana))
    first = shown(answer)
    await world.ana.click(answer.response.message, label=labels(answer)[0])
    assert len(world.channel.history(viewer=world.ana)) == before
    assert shown(answer) != first


async def test_the_menu_of_a_person_opens_any_of_their_topics(world: World, her: Pack) -> None:
    answer = await world.ana.slash(world.channel, "ending", topic="samantha")
    assert answer.response is not None
    opened = await world.ana.select(answer.response.message, ["where-they-went"], custom_id="topics:her")
    assert her.topics["where-they-went"].title in shown(opened)


async def test_what_no_source_says_is_said_privately_and_nothing_is_made_up(world: World) -> None:
    answer = await world.ana.slash(world.channel, "ending", topic="qqq zzz xxx")
    assert answer.ephemeral
    assert "The sources don’t say" in shown(answer)


async def test_typing_is_completed_tolerantly(world: World) -> None:
    choices = await world.ana.autocomplete(world.channel, "ending", "topic", "catherin")
    assert "Catherine" in choices[0]["name"]
    assert len(choices) <= 25
    everything = await world.ana.autocomplete(world.channel, "ending", "topic", "")
    assert everything[0]["name"] == "Samantha"


async def test_the_letter_comes_with_its_parts_in_order(world: World) -> None:
    text = shown(await world.ana.slash(world.channel, "quote", about="letter"))
    parts = ["All the pain we caused each other.", "I’ll always love you", "There will be a piece of you in me"]
    assert [text.index(part) for part in parts] == sorted(text.index(part) for part in parts)
    assert "Screen Rant" in text


async def test_another_walks_through_all_quotes_without_repeats_and_ends(world: World) -> None:
    answer = await world.ana.slash(world.channel, "quote", about="love", show="me")
    seen = []
    assert answer.response is not None
    message = answer.response.message
    while True:
        current = next(m for m in world.channel.history(viewer=world.ana) if m.id == message.id)
        seen.append(shown(current).split("“", 1)[1].split("”")[0])
        if "Another" not in labels(current):
            break
        await world.ana.click(current, label="Another")
    assert len(seen) == len(set(seen)) > 3


async def test_a_film_line_and_a_critics_words_are_told_apart(world: World) -> None:
    line = shown(await world.ana.slash(world.channel, "quote", about="heart box"))
    assert "The film’s own words" in line
    assert "**Samantha**" in line
    critic = shown(await world.ana.slash(world.channel, "quote", about="glimmering reality"))
    assert "A critic’s words" in critic
    assert "Screen Rant" in critic


async def test_a_quote_that_nobody_prints_is_not_invented(world: World) -> None:
    answer = await world.ana.slash(world.channel, "quote", about="may the force be with you")
    assert answer.ephemeral
    assert "No such line" in shown(answer)


async def test_the_line_the_film_does_not_have_is_never_shown_as_a_film_line(world: World) -> None:
    for about in ("same language", "we won't talk the same language", "same-language"):
        text = shown(await world.ana.slash(world.channel, "quote", about=about))
        assert "A critic’s words" in text
        assert "No such line was found in the film’s dialogue" in text


async def test_the_other_commands_name_film_and_sources(world: World, her: Pack) -> None:
    timeline = shown(await world.ana.slash(world.channel, "timeline"))
    assert all(f"**{step.step}. " in timeline for step in her.timeline)
    sources = shown(await world.ana.slash(world.channel, "sources"))
    assert all(discord.utils.escape_markdown(source.label) in sources for source in her.sources.values())
    assert "so not an independent witness" in sources
    assert "copy" in sources
    discuss = await world.ana.slash(world.channel, "discuss")
    for text in (timeline, sources, shown(discuss)):
        assert "Her (2013)" in text
    assert discuss.response is not None
    following = await world.ana.click(discuss.response.message, label="Another question")
    assert following.ephemeral
    assert shown(following) != shown(discuss)
    about = shown(await world.ana.slash(world.channel, "about"))
    assert "Privacy" in about
    assert "Version" in about


async def test_commands_work_in_direct_messages_too(world: World) -> None:
    user = world.env.create_user("carla")
    answer = await user.slash("ending", topic="letter")
    assert "The letter to Catherine" in shown(answer) or "letter" in shown(answer)
    assert "poll" not in user.available_commands()


async def test_no_intent_is_asked_for_and_no_mention_ever_pings(world: World) -> None:
    assert world.bot.intents == discord.Intents.none()
    assert world.bot.allowed_mentions is not None
    assert dict(world.bot.allowed_mentions.to_dict()) == {"parse": []}


async def test_every_button_belongs_to_a_persistent_class(world: World) -> None:
    for command, options in (
        ("ending", {"topic": "samantha"}),
        ("quote", {"about": "love"}),
        ("discuss", {}),
        ("poll", {}),
    ):
        answer = await world.ana.slash(world.channel, command, **options)
        assert answer.response is not None
        for part in str(answer.response.components).split("'custom_id': '")[1:]:
            custom_id = part.split("'")[0]
            assert any(button.template.fullmatch(custom_id) for button in BUTTONS), custom_id


@pytest.fixture
def two_films(tmp_path: Path) -> Library:
    from bot.film.library import default_content
    from bot.film.scaffold import new_pack

    content = tmp_path / "content"
    content.mkdir()
    (content / "her").symlink_to(default_content() / "her")
    new_pack(content, "another-film", "Another Film", 1999)
    return load_library(content)


async def test_with_two_films_commands_take_the_film(two_films: Library, database: str) -> None:
    async with open_world(two_films, database) as world:
        films = await world.ana.autocomplete(world.channel, "ending", "film", "ano")
        assert films == [{"name": "Another Film (1999)", "value": "another-film"}]
        answer = await world.ana.slash(world.channel, "ending", topic="what happens", film="another-film")
        assert "Another Film (1999)" in shown(answer)
        assert "Her (2013)" in shown(await world.ana.slash(world.channel, "ending", topic="samantha"))
        unknown = await world.ana.slash(world.channel, "sources", film="nosuch")
        assert "I know: Her (2013), Another Film (1999)" in shown(unknown)
        poll = await world.ana.slash(world.channel, "poll", film="another-film")
        assert "How did the ending of Another Film (1999) leave you?" in shown(poll)


async def test_with_one_film_no_command_asks_for_it(world: World) -> None:
    for command in world.bot.tree.get_commands():
        assert "film" not in [option["name"] for option in command.to_dict(world.bot.tree).get("options", [])]
