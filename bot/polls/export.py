"""A poll's counts as a file: never anything about people."""

import csv
import io

from bot.polls.records import Standing
from bot.polls.survey import result_rows


def to_csv(standing: Standing) -> bytes:
    """The counts, shares (0 to 1) and 95 % intervals of a poll as CSV, in UTF-8 with a mark that spreadsheets know."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["option", "votes", "share", "low95", "high95"])
    for row in result_rows(standing.poll, standing.tally, None):
        # A spreadsheet would take a label with such a beginning for a formula.
        label = f"'{row.label}" if row.label.startswith(("=", "+", "-", "@")) else row.label
        writer.writerow([label, row.votes, f"{row.share:.4f}", f"{row.low:.4f}", f"{row.high:.4f}"])
    return text.getvalue().encode("utf-8-sig")
