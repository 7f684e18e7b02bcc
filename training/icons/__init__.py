"""How `curate/generators/icons` was made: `python -m training.icons` makes it again."""
