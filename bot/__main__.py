"""`python -m bot` is the same program as `ending-bot`. What it imports at its top it has before the first signal."""

import sys

from bot.hangup import ignore_hangup


def main() -> None:
    """Run the command line."""
    if "run" in sys.argv:
        # The imports below take a second, in which "read your content anew" must not end a bot that is to run.
        ignore_hangup()
    from bot.cli import main as run_command_line

    run_command_line()


if __name__ == "__main__":
    main()
