"""A Discord on this computer, for the real program: its REST interface, its gateway, and their faults."""
