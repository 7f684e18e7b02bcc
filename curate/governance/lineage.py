"""`lineage.jsonl`: what every step read and gave, as OpenLineage run events.

Two events per step, START and COMPLETE (https://openlineage.io/spec/2-0-2/OpenLineage.json), which
any server of OpenLineage takes one by one. A run's id is the UUID of the release's digest and the
step, so that one release always tells of the same runs. The build's times are those of `energy.json`;
a step begins where the one before it ended and lasts as long as its tasks there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

if TYPE_CHECKING:
    import polars as pl

    from curate.governance.energy import Energy
    from curate.governance.facts import Facts, Field, Stage

FILE = "lineage.jsonl"
NAMESPACE = "curate"
_SPEC = "https://openlineage.io/spec"
_EVENT = f"{_SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent"
_FACETS = {
    "columnLineage": "1-2-0/ColumnLineageDatasetFacet",
    "dataQualityMetrics": "1-0-1/DataQualityMetricsDatasetFacet",
    "inputStatistics": "1-0-0/InputStatisticsInputDatasetFacet",
    "jobType": "2-0-4/JobTypeJobFacet",
    "outputStatistics": "1-0-2/OutputStatisticsOutputDatasetFacet",
    "parent": "1-2-0/ParentRunFacet",
    "processing_engine": "1-1-1/ProcessingEngineRunFacet",
    "schema": "1-2-0/SchemaDatasetFacet",
    "version": "1-0-1/DatasetVersionDatasetFacet",
}
"""Facet -> version and name of its schema."""


def lineage(facts: Facts, pairs: pl.DataFrame, energy: Energy) -> str:
    """Events in lines of JSON; `pairs` is `pairs.parquet`, `energy` is `energy.json`."""
    lines = [json.dumps(event) for event in _Told(facts, pairs, energy).events()]
    return "".join(f"{line}\n" for line in lines)


@dataclass(frozen=True)
class _Told:
    facts: Facts
    pairs: pl.DataFrame
    energy: Energy

    def events(self) -> Iterator[dict[str, Any]]:
        """The build as a run of its own, around those of its steps."""
        stages, now = self.facts.making.stages.value or [], self.energy.started
        yield self._event("START", now, None, [], [])
        for number, stage in enumerate(stages):
            inputs = self._inputs(stages, number)
            yield self._event("START", now, stage, inputs, [])
            now = self._after(now, stage)
            yield self._event("COMPLETE", now, stage, inputs, [self._output(stages, number)])
        released = [self._output(stages, len(stages) - 1)] if stages else []
        yield self._event("COMPLETE", self.energy.finished, None, self._sources(), released)

    def _after(self, now: str, stage: Stage) -> str:
        """When a step that began now was done; never after the build was."""
        seconds = sum(task.seconds for task in self.energy.tasks if task.step == stage.step)
        then = datetime.fromisoformat(now) + timedelta(seconds=seconds)
        return min(then, datetime.fromisoformat(self.energy.finished)).isoformat()

    def _event(
        self, kind: str, at: str, stage: Stage | None, inputs: list[Any], outputs: list[Any]
    ) -> dict[str, Any]:
        tool, _, version = str(self.facts.release.tool.value).partition(" ")
        run = {"processing_engine": self._facet("processing_engine", name=tool, version=version)}
        if stage is not None:
            parent = {"run": {"runId": self._run(None)}, "job": self._job(None)}
            run["parent"] = self._facet("parent", **parent)
        word = "BUILD" if stage is None else "STEP"
        job = self._facet("jobType", processingType="BATCH", integration="CURATE", jobType=word)
        return {
            "eventType": kind,
            "eventTime": at,
            "producer": self._producer,
            "schemaURL": _EVENT,
            "run": {"runId": self._run(stage), "facets": run},
            "job": {**self._job(stage), "facets": {"jobType": job}},
            "inputs": inputs,
            "outputs": outputs,
        }

    @property
    def _producer(self) -> str:
        return f"urn:{str(self.facts.release.tool.value).replace(' ', ':')}"

    def _facet(self, kind: str, /, **said: Any) -> dict[str, Any]:
        schema = _FACETS[kind]
        url = f"{_SPEC}/facets/{schema}.json#/$defs/{schema.partition('/')[2]}"
        return {"_producer": self._producer, "_schemaURL": url, **said}

    def _run(self, stage: Stage | None) -> str:
        name = f"curate:{self.facts.release.digest.value}:{stage.step if stage else 'build'}"
        return str(uuid5(NAMESPACE_URL, name))

    def _job(self, stage: Stage | None) -> dict[str, str]:
        name = str(self.facts.release.name.value)
        called = f"{name}.{stage.step} {stage.name}" if stage else name
        return {"namespace": NAMESPACE, "name": called}

    def _inputs(self, stages: Sequence[Stage], number: int) -> list[dict[str, Any]]:
        """What the step before gave; the sources for the first."""
        if number == 0:
            return self._sources()
        came = self._alive(stages[:number])
        rows = {"inputStatistics": self._facet("inputStatistics", rowCount=came)}
        return [{**self._dataset(_between(stages[number - 1])), "inputFacets": rows}]

    def _alive(self, stages: Sequence[Stage]) -> int:
        """Pairs after some steps; one may have looked at a few of them only, and a rejected pair
        never was in.
        """
        came = sum(stage.verdicts.get("add", 0) for stage in stages)
        gone = sum(stage.left - stage.verdicts.get("reject", 0) for stage in stages)
        return (self.facts.pairs.read.value or 0) + came - gone

    def _sources(self) -> list[dict[str, Any]]:
        return [
            {
                **self._dataset(f"source/{name}"),
                "inputFacets": {"inputStatistics": self._facet("inputStatistics", rowCount=pairs)},
            }
            for name, pairs in (self.facts.inputs.sources.value or {}).items()
        ]

    def _output(self, stages: Sequence[Stage], number: int) -> dict[str, Any]:
        """What a step gave; the last gave the release, of which more is known."""
        stage, last = stages[number], number == len(stages) - 1
        name = str(self.facts.release.version.value) if last else _between(stage)
        dataset = self._dataset(name)
        dataset["facets"]["columnLineage"] = self._columns(stages, number)
        rows = self._alive(stages[: number + 1])
        if last:
            dataset["facets"]["version"] = self._facet(
                "version", datasetVersion=str(self.facts.release.digest.value)
            )
            dataset["facets"]["dataQualityMetrics"] = self._metrics()
        facet = self._facet("outputStatistics", rowCount=rows)
        return {**dataset, "outputFacets": {"outputStatistics": facet}}

    def _dataset(self, part: str) -> dict[str, Any]:
        columns = [
            {"name": field.name, "type": field.type, "ordinal_position": place}
            for place, field in enumerate(self._fields, 1)
        ]
        return {
            "namespace": NAMESPACE,
            "name": f"{self.facts.release.name.value}/{part}",
            "facets": {"schema": self._facet("schema", fields=columns)},
        }

    @property
    def _fields(self) -> list[Field]:
        return self.facts.inputs.fields.value or []

    def _columns(self, stages: Sequence[Stage], number: int) -> dict[str, Any]:
        """Every column is that of the tables read, or was made of all that a pair holds."""
        stage, read = stages[number], self._inputs(stages, number)
        made = {
            one.field: one.generator
            for one in self.facts.making.generated.value or ()
            if one.step == stage.name
        }
        columns = {}
        for field in self._fields:
            generator = made.get(field.name)
            kind = {"type": "DIRECT", "subtype": "IDENTITY"}
            if generator is not None:
                kind = {"type": "DIRECT", "subtype": "TRANSFORMATION", "description": generator}
            names = [field.name] if generator is None else [one.name for one in self._fields]
            columns[field.name] = {
                "inputFields": [
                    {
                        "namespace": NAMESPACE,
                        "name": table["name"],
                        "field": name,
                        "transformations": [kind],
                    }
                    for table in read
                    for name in names
                ]
            }
        return self._facet("columnLineage", fields=columns)

    def _metrics(self) -> dict[str, Any]:
        """Of the kept pairs, how many lack a field and how many contents there are."""
        kept = self.pairs.filter(self.pairs["status"] == "kept")
        metrics = {}
        for field in self._fields:
            key = field.name if field.type == "metadata" else f"{field.name}_sha256"
            known = kept[key].drop_nulls()
            metrics[field.name] = {
                "nullCount": kept.height - known.len(),
                "distinctCount": known.n_unique(),
            }
        return self._facet("dataQualityMetrics", rowCount=kept.height, columnMetrics=metrics)


def _between(stage: Stage) -> str:
    """The pairs between one step and the next."""
    return f"after {stage.step} {stage.name}"
