"""What the sources say about a film: the models, how a pack is loaded and how it is checked."""
