"""Asking: from a member's words to a topic or a quote, and to the card that answers."""
