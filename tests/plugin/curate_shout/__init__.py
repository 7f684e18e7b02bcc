"""A plugin as somebody else would write one: a measure of texts and a step that decides by it."""
