"""What a member sees when asking: pure functions from a pack to Discord views."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from discord import ui

from bot.answers.buttons import AnotherQuestion, AnotherQuote, ShareButton, TopicButton, TopicMenu
from bot.answers.matches import OFFERED, Match, Resolution
from bot.answers.quotes import Found
from bot.buttons import PersistentButton
from bot.film.models import Difference, FilmLine, Question, Quote, Reading, Source, Subject, Topic
from bot.film.pack import Pack
from bot.film.yamlfile import Problem
from bot.layout import Card, Size, escape, measure, quoted

STATUS = {
    "confirmed": "The wording agrees with the film’s dialogue.",
    "confirmed-variant": "The film has this line with small differences of wording.",
    "plausible": "On-screen text, so the dialogue can’t confirm the wording.",
}

POSTED_WITH = Size(components=3, characters=200, encoded=260)
"""What is added to a card at most when it is sent: a text above it, and below it a row with a button."""


def found_card(
    pack: Pack,
    found: Topic | Subject,
    *,
    private: bool,
    unsure: Sequence[Match] = (),
    first: Difference | None = None,
) -> Card:
    """The answer about a topic or a subject. `unsure` are other topics that the question may have meant; `first` is a
    difference of which the question took one side for granted, so that it is said before everything else."""
    offered = {match.found.id for match in unsure}
    card = _subject_card(pack, found) if isinstance(found, Subject) else _topic_card(pack, found, offered, first)
    if unsure:
        card.rule().text("**Did you mean?**").row(*_buttons(pack, (match.found for match in unsure)))
    if private:
        card.row(ShareButton(pack.film.id, found.id))
    return card


def _topic_card(pack: Pack, topic: Topic, offered: Collection[str], first: Difference | None) -> Card:
    card = Card().text(f"## {escape(topic.title)}\n-# {pack.film.name} · {_how_many(topic)}")
    if first:
        card.text(f"### The sources differ on what you take as given\n{_sides(pack, first)}")
        card.text(f"-# {escape(first.film_check)}").rule()
    _answer(card, pack, topic, first)
    if topic.note:
        card.rule().text(f"**Good to know**\n{escape(topic.note)}")
    # Discord refuses a message with the same button twice.
    related = [pack.topics[name] for name in topic.related[:4] if name not in offered]
    # A card with a difference before all else is full without them.
    if related and not first:
        card.rule().text("-# Related").row(*_buttons(pack, related))
    return card


def _subject_card(pack: Pack, subject: Subject) -> Card:
    topics = [pack.topics[name] for name in subject.topics]
    card = Card().text(f"## {escape(subject.title)}\n-# {pack.film.name}\n{escape(subject.intro)}")
    card.rule().text(f"### {escape(topics[0].title)}")
    _answer(card, pack, topics[0])
    if len(topics) > 1:
        titles = (f"- {escape(topic.title)}" for topic in topics[1:])
        card.rule().text("\n".join([f"### More about {escape(subject.title)}", *titles]))
        card.row(TopicMenu(pack.film.id, topics))
    return card


def _answer(card: Card, pack: Pack, topic: Topic, said: Difference | None = None) -> None:
    """Add what the sources say of a topic, and where they differ, but for a difference that is `said` already."""
    card.gap().text(escape(topic.summary))
    for reading in topic.readings:
        card.gap().text(_reading(pack, reading))
    differences = [difference for difference in pack.differences_on(topic.id) if difference is not said]
    if differences:
        card.rule().text("### Where they differ")
    for difference in differences:
        # Two texts: after a list item Discord would take the check for a part of it.
        card.text(_sides(pack, difference)).text(f"-# {escape(difference.film_check)}")
    if about := said or next(iter(differences), None):
        # The custom_id belongs to the polls, which open the poll or lead to the one that is open.
        card.row(ui.Button[Any](label="Ask the channel", custom_id=f"poll-about:{pack.film.id}:{about.id}"))


def _reading(pack: Pack, reading: Reading) -> str:
    best = pack.quotes[reading.quotes[0]]
    return f"**{escape(pack.sources[reading.source].label)}**\n{escape(reading.text)}\n{quoted(best.text)}"


def _sides(pack: Pack, difference: Difference) -> str:
    sides = (f"- {escape(side.position)} — {escape(pack.labels(side.sources))}" for side in difference.sides)
    return "\n".join([f"**{escape(difference.title)}**", *sides])


def _how_many(topic: Topic) -> str:
    count = len(topic.readings)
    return "one source alone" if count == 1 else f"what {count} sources say"


def _buttons(pack: Pack, found: Iterable[Topic | Subject]) -> list[TopicButton]:
    return [TopicButton(pack.film.id, each.id, label(each)) for each in found]


def label(found: Topic | Subject) -> str:
    """The short name that fits a button on a phone."""
    return found.label if isinstance(found, Topic) else found.title


def unknown_card(pack: Pack, resolution: Resolution) -> Card:
    """The honest answer to a question without one, and what comes nearest to it."""
    nearest = [match.found for match in resolution.instead]
    if nearest and not resolution.by_meaning:
        card = Card().text(
            f"## I’m not sure which topic you mean\n-# {pack.film.name}\n"
            "It may be one of these, or something that the sources don’t speak of. I don’t make things up."
        )
        return card.row(*_buttons(pack, nearest))
    card = Card().text(
        f"## The sources don’t say\n-# {pack.film.name}\n"
        "I found nothing about that in the sources I know, and I don’t make things up."
    )
    if not nearest:
        return card.text("Type `/ending` and look through the topics that it offers.")
    return card.text("What comes nearest:").row(*_buttons(pack, nearest))


def quote_card(pack: Pack, found: Found, index: int) -> Card:
    """One quote of a search, and a button for the next one; after the last the member is told so."""
    quote = found.quotes[index]
    kind = "The film’s own words" if isinstance(quote, FilmLine) else "A critic’s words"
    card = Card().text(f"## {kind}\n-# {pack.film.name}").text(f"{quoted(quote.text)}\n{_origin(pack, quote)}")
    if found.by_meaning and index == 0:
        card.text("-# No source prints it in your words; this is what comes nearest in meaning.")
    topic = pack.topics[quote.topics[0]]
    after = index + 1
    if after < len(found.quotes):
        card.row(AnotherQuote(pack.film.id, after, found.query), TopicButton(pack.film.id, topic.id, topic.label))
    else:
        count = len(found.quotes)
        card.text(
            "-# That is the only quote on this." if count == 1 else f"-# That was the last of {count} quotes on this."
        )
        card.row(TopicButton(pack.film.id, topic.id, topic.label))
    return card


def _origin(pack: Pack, quote: Quote) -> str:
    source = pack.sources[quote.source]
    lines = [f"— {escape(source.label)}, *{escape(source.title)}*"]
    if isinstance(quote, FilmLine):
        lines = [
            f"— **{escape(quote.speaker)}**, {escape(quote.scene)}",
            f"-# Printed by {escape(source.label)}. {STATUS[quote.status]}",
        ]
    if quote.note:
        lines.append(f"-# {escape(quote.note)}")
    return "\n".join(lines)


def letter_card(pack: Pack, found: Found) -> Card:
    """All lines of the film's letter, with the letter's parts in order."""
    lines = pack.letter
    sources = dict.fromkeys(line.source for line in lines)
    card = Card().text(f"## The letter\n-# {pack.film.name} · {escape(lines[0].speaker)}")
    for line in lines:
        part = line.letter_part
        title = f"**{part.order}. {escape(part.title)}**\n" if part else ""
        note = f" {escape(line.note)}" if line.note else ""
        card.text(f"{title}{quoted(line.text)}\n-# {STATUS[line.status]}{note}")
    card.rule().text(
        f"-# As printed by {escape(pack.labels(sources))}; {escape(lines[0].scene[:1].lower() + lines[0].scene[1:])}."
    )
    rest = [index for index, quote in enumerate(found.quotes) if quote not in lines]
    buttons: list[PersistentButton] = []
    if rest:
        buttons.append(AnotherQuote(pack.film.id, rest[0], found.query, "What the critics say of it"))
    topic = pack.topics[lines[0].topics[0]]
    return card.row(*buttons, TopicButton(pack.film.id, topic.id, topic.label))


def no_quote_card(pack: Pack) -> Card:
    """What `/quote` answers when there is nothing."""
    return Card().text(
        f"## No such line\n-# {pack.film.name}\n"
        "None of the sources prints a line like that, so I have none to show. "
        "Try another word, or a topic such as `letter` or `love`."
    )


def timeline_card(pack: Pack) -> Card:
    """The last act, step by step, with who tells each step."""
    card = Card().text(f"## How it ends, step by step\n-# {pack.film.name}")
    for step in pack.timeline:
        note = f"\n-# {escape(step.note)}" if step.note else ""
        card.text(f"**{step.step}. {escape(step.what)}**\n-# {escape(pack.labels(step.sources))}{note}")
    return card


def sources_card(pack: Pack) -> Card:
    """Every source, with what is and isn't known of it."""
    card = Card().text(f"## The sources\n-# {pack.film.name}, directed by {escape(pack.film.director)}")
    for source in pack.sources.values():
        title = f"[{escape(source.title)}]({source.url})" if source.url else f"*{escape(source.title)}* (no link)"
        lines = [
            f"**{escape(source.label)}**: {title}",
            f"-# {escape(_imprint(source))}",
            escape(source.known),
            f"-# Not known: {escape(source.unknown)}",
        ]
        same_site = [other.id for other in pack.sources.values() if other.site == source.site and other != source]
        if same_site:
            lines.append(f"-# Same site as {escape(pack.labels(same_site))}, so not an independent witness.")
        card.rule().text("\n".join(lines))
    return card.rule().text(
        "-# Quotes are short passages, word for word. "
        "Readings are in our own words, under the name of the source that holds them."
    )


def _imprint(source: Source) -> str:
    # A publisher that bears the author's name says both.
    author = source.author if source.author and source.author not in source.publisher else None
    return ", ".join(part for part in (author, source.publisher, source.date) if part)


def question_card(pack: Pack, index: int) -> Card:
    """A question to talk about, with the sources and topics it comes from."""
    question = pack.discussion[index]
    card = Card().text(f"## {escape(question.question)}\n-# {pack.film.name} · {_raised(pack, question)}")
    card.text(
        "\n".join(
            f"{quoted(pack.quotes[name].text)}\n-# {escape(pack.sources[pack.quotes[name].source].label)}"
            for name in question.quotes
        )
    )
    following = (index + 1) % len(pack.discussion)
    topics = [TopicButton(pack.film.id, name, pack.topics[name].label) for name in question.topics[:4]]
    return card.row(*topics).row(AnotherQuestion(pack.film.id, following))


def _raised(pack: Pack, question: Question) -> str:
    names = escape(pack.labels(question.raised_by))
    return (
        f"asked by {names}"
        if question.asked_by_source
        else f"from what {names} say" + ("s" if len(question.raised_by) == 1 else "")
    )


def card_problems(pack: Pack) -> list[Problem]:
    """Every card of a pack that would not fit into a Discord message, with the file its text comes from."""
    problems = []
    for file, card in _every_card(pack):
        size = measure(card) + POSTED_WITH
        if not size.fits:
            message = f"the card has {size.characters} characters and {size.components} parts, too much for one message"
            problems.append(Problem(f"{pack.film.id}/{file}", 1, "(card)", message))
    return problems


def _every_card(pack: Pack) -> Iterator[tuple[str, Card]]:
    unsure = [Match(topic, 0.5) for topic in list(pack.topics.values())[:OFFERED]]
    longest = max(pack.differences, key=lambda each: len(_sides(pack, each)), default=None)
    for name, topic in pack.topics.items():
        yield f"topics/{name}.yaml", found_card(pack, topic, private=False, unsure=unsure, first=longest)
    for name, subject in pack.subjects.items():
        yield f"subjects.yaml ({name})", found_card(pack, subject, private=False, unsure=unsure)
    everything = Found("", tuple(pack.quotes.values()))
    for index, name in enumerate(pack.quotes):
        yield f"quotes.yaml ({name})", quote_card(pack, everything, index)
    for index, question in enumerate(pack.discussion):
        yield f"discussion.yaml ({question.id})", question_card(pack, index)
    if pack.letter:
        yield "quotes.yaml (letter)", letter_card(pack, Found("letter", pack.letter, letter=True))
    yield "timeline.yaml", timeline_card(pack)
    yield "sources.yaml", sources_card(pack)
