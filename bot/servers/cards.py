"""What a member sees about the bot itself, and about what it holds."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from bot import __version__
from bot.films import Films
from bot.house import Rules, Spoilers
from bot.layout import Card, clip, escape
from bot.reloading import Reloaded
from bot.servers.buttons import ForgetButton, ForgetNowButton, ShowHeldButton
from bot.servers.held import Held


def about_card(films: Films) -> Card:
    """What the bot is, what it keeps, and its version."""
    known = "\n".join(
        f"- {escape(pack.film.name)}: {len(pack.topics)} topics, {len(pack.quotes)} quotes, {len(pack.sources)} sources"
        for pack in films
    )
    return (
        Card()
        .text(
            "## About this bot\n"
            "I bring the sources to your talk about a film’s ending: short quotes word for word, readings under the "
            "name of the source that holds them, and where the sources disagree.\n"
            f"{known}"
        )
        .text("**Try** `/ending samantha`, `/quote letter`, `/timeline`, `/discuss`, `/sources` and `/poll`.")
        .rule()
        .text(
            "**Privacy**\n"
            "I read no messages but one that you ask me about. Of a poll I keep who opened and closed it, and votes "
            "under a code in place of a name; when a poll closes, the code’s key and the ballots are deleted and only "
            "the counts stay. `/privacy` shows you what is held of you, and deletes your votes."
        )
        .text(f"-# Version {__version__}")
    )


def privacy_card(grace: timedelta) -> Card:
    """What is held, for how long, and the buttons to get and delete it."""
    days = "a day" if grace.days == 1 else f"{grace.days} days"
    return (
        Card()
        .text(
            "## What is held\n"
            "**Of you**\n"
            "- Your votes in open polls. A code stands in place of your name, another one in each poll; when a poll "
            "closes, the key to its codes and all its votes are deleted, and only the counts stay.\n"
            "- Which polls you opened, and which you closed early.\n"
            "Nothing else: no messages, no names, nothing of what you ask me."
        )
        .text(
            "**Of a server**\n"
            "- Its polls: where they are, what they ask, when they run, and the counts.\n"
            "- What was set with `/settings` and `/sharing`.\n"
            f"- When I am removed from it, they stay for {days}, in case I come back, and are then deleted."
        )
        .row(ShowHeldButton(), ForgetButton())
    )


def held_text(held: Held) -> str:
    """The sentence that goes with the file of what is held of a member."""
    if not any(held.values()):
        return "Nothing is held of you, and so the lists in this file are empty."
    return "This file has all that is held of you. Only you can see it here; a link in it leads to the poll."


def confirm_forget_card() -> Card:
    """The private question before a member's votes are deleted."""
    return (
        Card()
        .text(
            "**Delete your votes in all open polls, in every server?**\n"
            "They are then no longer counted. While a poll is open you can vote in it again."
        )
        .row(ForgetNowButton())
    )


def forgotten_card(votes: int) -> Card:
    """The private card after a member's votes were deleted."""
    if votes == 0:
        return Card().text("You had no votes in open polls, so there was nothing to delete.")
    return Card().text(f"Done: {votes:,} vote{'' if votes == 1 else 's'} deleted, and no longer counted.")


SPOILERS: Mapping[Spoilers, str] = {
    "never": "Everybody sees them at once. Good where members talk about the ending anyway.",
    "outside": "Hidden until one taps on them, but open in channels that are marked as spoiler channels on Discord.",
    "always": "Hidden until one taps on them, in every channel.",
}


def settings_card(rules: Rules) -> Card:
    """What a server has decided, in words."""
    who = "Only who asks, and they can share it." if rules.private else "Everyone, unless who asks says otherwise."
    return (
        Card()
        .text("## How this server is answered")
        .text(f"**Answers and polls that tell of the ending**\n{SPOILERS[rules.spoilers]}")
        .text(f"**Who sees an answer**\n{who}")
        .text("-# Change this with `/settings spoilers` and `/settings answers`. Private answers are never hidden.")
    )


def sharing_text(*, on: bool) -> str:
    """What who manages a server is told after /sharing."""
    if on:
        return (
            "The counts of this server’s closed ending polls are now added to those of all servers that share theirs, "
            "and your results show them together as soon as more than 50 have voted. `/sharing on:False` ends it."
        )
    return "The counts of this server are no longer added to others, and your results show only your own."


LISTED = 1_800
"""Characters of a list in a message; Discord takes 2,000 with the sentence above it."""
LONGEST_LINE = 400
"""Characters of one of its lines."""


def reloaded_text(reloaded: Reloaded) -> str:
    """What who runs the bot is told after /reload."""
    if reloaded.problems:
        count = len(reloaded.problems)
        said = "1 problem" if count == 1 else f"{count} problems"
        return f"The content is refused, and the old one stays: {said}.\n{_listed(reloaded.problems)}"
    if not reloaded.changes and not reloaded.warnings:
        return "The content was read anew, and is as it was."
    sentence = "The content was read anew. Everybody is answered from it now."
    return f"{sentence}\n{_listed([*reloaded.changes, *reloaded.warnings])}"


def _listed(lines: Sequence[str]) -> str:
    """Lines as they are, in a frame; those that do not fit are counted."""
    shown: list[str] = []
    for line in lines:
        # A mark for the frame's end would let what follows out of it.
        shown.append(clip(line.replace("```", "'''"), LONGEST_LINE))
        if sum(map(len, shown)) + len(shown) > LISTED:
            shown.pop()
            break
    more = len(lines) - len(shown)
    return "```\n" + "\n".join([*shown, *([f"and {more} more, which the log has"] if more else [])]) + "\n```"
