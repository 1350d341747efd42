"""The form for a member's own question, so that /poll itself stays short."""

from collections.abc import Awaitable, Callable
from typing import Any

import discord
from discord import ui

from bot.errors import answer_error
from bot.film.models import PHONE_LABEL_LIMIT
from bot.layout import escape, hidden_by_line
from bot.polls.questions import FEWEST_OPTIONS, OPTION_LIMIT, QUESTION_LIMIT, FormError, OwnQuestion, read_question
from bot.polls.rules import MOST_OPTIONS

Opener = Callable[[discord.Interaction, OwnQuestion], Awaitable[None]]


class QuestionForm(ui.Modal, title="Ask your own question"):
    """Asks for the question, its options, how many may be chosen, and who may vote."""

    question: ui.Label[Any] = ui.Label(
        text="Question", component=ui.TextInput(custom_id="question", max_length=QUESTION_LIMIT)
    )
    options: ui.Label[Any] = ui.Label(
        text="Options",
        description=(
            f"{FEWEST_OPTIONS} to {MOST_OPTIONS}, each on a line of its own and of at most {OPTION_LIMIT} characters"
        ),
        component=ui.TextInput(
            custom_id="options", style=discord.TextStyle.paragraph, max_length=MOST_OPTIONS * PHONE_LABEL_LIMIT
        ),
    )
    choices: ui.Label[Any] = ui.Label(
        text="How many may be chosen", component=ui.TextInput(custom_id="choices", default="1", max_length=2)
    )
    role: ui.Label[Any] = ui.Label(
        text="Who may vote",
        description="Everybody here, if you pick no role",
        component=ui.RoleSelect(custom_id="role", required=False, max_values=1),
    )

    def __init__(self, opener: Opener) -> None:
        super().__init__(timeout=900)
        self._opener = opener

    async def on_submit(self, interaction: discord.Interaction) -> None:
        written = {name: self._text(name) for name in ("question", "options", "choices")}
        roles = self.role.component.values if isinstance(self.role.component, ui.RoleSelect) else []
        try:
            asked = read_question(**written, role_id=roles[0].id if roles else None)
        except FormError as error:
            said = refusal(written["question"], written["options"], error)
            await interaction.response.send_message(said, ephemeral=True)
            return
        await self._opener(interaction, asked)

    def _text(self, name: str) -> str:
        field = getattr(self, name).component
        return field.value if isinstance(field, ui.TextInput) else ""

    async def on_error(self, interaction: discord.Interaction, error: Exception, *_item: Any) -> None:
        await answer_error(interaction, error)


def refusal(question: str, options: str, error: FormError) -> str:
    """What a member is told whose form can't be a poll, with what they wrote."""
    kept = "\n".join(escape(line) for line in (question, *hidden_by_line(options).splitlines()))
    return f"The poll was not opened.\n{error}\nSo that nothing is lost, here is what you wrote:\n{kept}"
