"""The picture of a result. Options are told apart by letters and by place, never by colour alone."""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.layout import masked
from bot.polls.survey import Row

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont, ImageFont

WIDTH = 900
MARGIN = 36
ROW = 116
LETTERS = "ABCDEFGHIJ"
INK = "#1F2430"
PAPER = "#FFFFFF"
GRID = "#D9DCE3"
# Blue and orange of the Okabe–Ito palette, which people with any colour vision can tell apart.
SERVER = "#0072B2"
SURVEY = "#E69F00"


def draw_chart(rows: Sequence[Row], heading: str) -> bytes:
    """A PNG of bars: one for this server and, where there is a survey, one for the survey, for each option.

    Takes about 13 ms; call it in a thread.
    """
    # Imported here: the picture library costs 9 MB that a bot without polls never needs.
    from PIL import Image, ImageDraw, ImageFont

    with_survey = any(row.survey is not None for row in rows)
    height = MARGIN + 84 + ROW * len(rows) + (MARGIN if with_survey else 0)
    image = Image.new("RGB", (WIDTH, height), PAPER)
    draw = ImageDraw.Draw(image)
    large, normal, small = (ImageFont.load_default(size) for size in (30, 24, 20))

    draw.text((MARGIN, MARGIN - 6), _drawable(masked(heading), 54), INK, large)
    _legend(draw, small, with_survey)
    left = MARGIN + 8
    room = WIDTH - left - MARGIN - 190
    top = MARGIN + 84
    widest = max([row.share for row in rows] + [(row.survey or 0) / 100 for row in rows] + [0.01])
    for number, row in enumerate(rows):
        y = top + number * ROW
        draw.line([(MARGIN, y - 12), (WIDTH - MARGIN, y - 12)], GRID, 1)
        draw.text((left, y - 4), f"{LETTERS[number]}   {_drawable(masked(row.label), 40)}", INK, normal)
        y += 30
        server_end = left + max(3, round(room * row.share / widest))
        bar = 32 if with_survey else 52
        draw.rounded_rectangle((left, y, server_end, y + bar), 5, SERVER)
        votes = f"{row.share:.0%}  ({row.votes})"
        draw.text((server_end + 12, y + bar // 2 - 13), votes, INK, normal)
        if row.survey is not None:
            survey_end = left + max(3, round(room * row.survey / 100 / widest))
            draw.rounded_rectangle((left, y + 38, survey_end, y + 62), 5, PAPER, SURVEY, 4)
            draw.text((survey_end + 12, y + 38), f"{row.survey}%  survey", INK, small)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _drawable(text: str, limit: int) -> str:
    """Text that the built-in font has letters for; without them the options' letters must do."""
    shown = text if len(text) <= limit else text[: limit - 3] + "..."
    return shown if shown.encode("latin-1", "ignore").decode("latin-1") == shown else ""


def _legend(draw: "ImageDraw", font: "FreeTypeFont | ImageFont", with_survey: bool) -> None:
    y = MARGIN + 36
    draw.rectangle((MARGIN, y, MARGIN + 26, y + 18), SERVER)
    draw.text((MARGIN + 36, y - 3), "this server: share (votes)", INK, font)
    if with_survey:
        draw.rectangle((MARGIN + 330, y, MARGIN + 356, y + 18), PAPER, SURVEY, 4)
        draw.text((MARGIN + 366, y - 3), "survey, as one source prints it", INK, font)


def alt_text(rows: Sequence[Row], question: str) -> str:
    """The picture in words, for screen readers."""
    parts = []
    for letter, row in zip(LETTERS, rows, strict=False):
        survey = f", survey {row.survey}%" if row.survey is not None else ""
        parts.append(f"{letter} {masked(row.label)}: {row.share:.0%} ({row.votes}){survey}")
    return f"Bar chart. {masked(question)} " + "; ".join(parts) + "."
