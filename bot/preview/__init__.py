"""The bot in a local browser page: a simulated Discord (SimCord) with the real bot in it, and no token."""
