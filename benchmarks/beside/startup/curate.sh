curate --help
