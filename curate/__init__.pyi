from curate.notebook.building import build as build
from curate.notebook.building import plan as plan
from curate.notebook.release import Release as Release
from curate.notebook.release import load_release as load_release
from curate.run.searching import search as search

__version__: str
