dj-process --help
