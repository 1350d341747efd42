"""The bot as somebody meets it in a browser: `ending-bot preview` as a real process, used through a real Chromium."""
