from curate.steps.registry import registry as registry
