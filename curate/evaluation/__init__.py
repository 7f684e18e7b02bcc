from curate.evaluation.registry import registry as registry
