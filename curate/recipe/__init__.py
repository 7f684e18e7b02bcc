"""YAML to `Recipe`: every complaint at once, each with its line, an excerpt and a suggestion."""

from curate.recipe.recipe import Recipe, read_recipe, workspace_of
from curate.recipe.schema import recipe_schema

__all__ = ["Recipe", "read_recipe", "recipe_schema", "workspace_of"]
