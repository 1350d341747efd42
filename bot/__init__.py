"""A Discord bot that answers questions about a film's ending with sources, and takes polls that hold."""

__version__ = "0.1.0"
