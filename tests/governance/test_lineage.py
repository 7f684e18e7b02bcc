"""`lineage.jsonl`: every event is one that OpenLineage's own classes write, and the runs hang together."""

from __future__ import annotations

import json
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate.governance.energy import Energy
from curate.governance.lineage import lineage
from curate.release.evidence import read_evidence, read_facts
from tests.conftest import Finished
from tests.workspace import Workspace

pytest.importorskip("openlineage.client")


def events_of(release: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (release / "lineage.jsonl").read_text().splitlines()]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory, finished: Finished) -> Path:
    """A release in which a machine made pairs, on which alone a step decides again at the end."""
    steps = [
        {"licence": {"sources": {"folder": "CC-BY-4.0"}}},
        {"filter": {"caption.words": {"min": 2}}},
        {"split": {"train": 0.5, "test": 0.5}},
        {"synthesize": {"augment": "image", "into": "image", "by": {"flip": 1}}},
    ]
    root = tmp_path_factory.mktemp("lineage") / "place"
    place = finished.workspace.copied(root).having(steps=steps)
    place.build()
    return place.release


def rebuilt(event: dict[str, Any]) -> dict[str, Any]:
    """The event as OpenLineage's client writes it, from objects of its classes."""
    from openlineage.client.event_v2 import (
        InputDataset,
        Job,
        OutputDataset,
        Run,
        RunEvent,
        RunState,
    )
    from openlineage.client.serde import Serde

    again = RunEvent(
        eventType=RunState[event["eventType"]],
        eventTime=event["eventTime"],
        producer=event["producer"],
        run=Run(runId=event["run"]["runId"], facets=facets(event["run"]["facets"])),
        job=Job(
            namespace=event["job"]["namespace"],
            name=event["job"]["name"],
            facets=facets(event["job"]["facets"]),
        ),
        inputs=[
            InputDataset(
                namespace=one["namespace"],
                name=one["name"],
                facets=facets(one["facets"]),
                inputFacets=facets(one["inputFacets"]),
            )
            for one in event["inputs"]
        ],
        outputs=[
            OutputDataset(
                namespace=one["namespace"],
                name=one["name"],
                facets=facets(one["facets"]),
                outputFacets=facets(one["outputFacets"]),
            )
            for one in event["outputs"]
        ],
    )
    found: dict[str, Any] = json.loads(Serde.to_json(again))
    return found


def facets(told: dict[str, Any]) -> dict[str, Any]:
    return {name: facet(name, dict(said)) for name, said in told.items()}


def facet(name: str, said: dict[str, Any]) -> Any:
    from openlineage.client import facet_v2 as v2

    kinds = {
        "columnLineage": v2.column_lineage_dataset.ColumnLineageDatasetFacet,
        "dataQualityMetrics": v2.data_quality_metrics_dataset.DataQualityMetricsDatasetFacet,
        "inputStatistics": v2.input_statistics_input_dataset.InputStatisticsInputDatasetFacet,
        "jobType": v2.job_type_job.JobTypeJobFacet,
        "outputStatistics": v2.output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet,
        "parent": v2.parent_run.ParentRunFacet,
        "processing_engine": v2.processing_engine_run.ProcessingEngineRunFacet,
        "schema": v2.schema_dataset.SchemaDatasetFacet,
        "version": v2.dataset_version_dataset.DatasetVersionDatasetFacet,
    }
    schema = said.pop("_schemaURL")
    producer = said.pop("_producer")
    built = kinds[name](producer=producer, **parts(name, said))
    assert schema == built._get_schema()
    return built


def parts(name: str, said: dict[str, Any]) -> dict[str, Any]:
    """What is within a facet, as objects too."""
    from openlineage.client.facet_v2 import (
        column_lineage_dataset,
        data_quality_metrics_dataset,
        parent_run,
        schema_dataset,
    )

    if name == "schema":
        return {
            "fields": [schema_dataset.SchemaDatasetFacetFields(**one) for one in said["fields"]]
        }
    if name == "parent":
        return {"run": parent_run.Run(**said["run"]), "job": parent_run.Job(**said["job"])}
    if name == "dataQualityMetrics":
        kind = data_quality_metrics_dataset.ColumnMetrics
        return {**said, "columnMetrics": {n: kind(**m) for n, m in said["columnMetrics"].items()}}
    if name == "columnLineage":
        return {"fields": {n: column(column_lineage_dataset, f) for n, f in said["fields"].items()}}
    return said


def column(module: Any, said: dict[str, Any]) -> Any:
    read = [
        module.InputField(
            **{
                **one,
                "transformations": [module.Transformation(**t) for t in one["transformations"]],
            }
        )
        for one in said["inputFields"]
    ]
    return module.Fields(inputFields=read)


def without_defaults(value: Any) -> Any:
    """What the client fills in beside what was said: nothings, and empty parts."""
    if isinstance(value, dict):
        cleaned = {name: without_defaults(part) for name, part in value.items()}
        return {name: part for name, part in cleaned.items() if part not in (None, {}, [])}
    if isinstance(value, list):
        return [without_defaults(part) for part in value]
    return value


def test_events_are_those_of_the_client(made: Path) -> None:
    for event in events_of(made):
        ours = without_defaults(event)
        theirs = without_defaults(rebuilt(event))
        assert ours == theirs


def test_one_run_per_step_around_which_is_the_build(made: Path) -> None:
    events = events_of(made)
    steps = pl.read_parquet(made / "decisions.parquet")["step"].n_unique()
    kinds: dict[str, list[str]] = {}
    for event in events:
        kinds.setdefault(event["run"]["runId"], []).append(event["eventType"])
    assert list(kinds.values()) == [["START", "COMPLETE"]] * (steps + 1)
    parents = {e["run"]["facets"].get("parent", {}).get("run", {}).get("runId") for e in events}
    assert parents == {None, events[0]["run"]["runId"]}


def test_what_a_step_gives_the_next_one_reads(made: Path) -> None:
    done = [event for event in events_of(made) if event["eventType"] == "COMPLETE"][:-1]
    for before, after in pairwise(done):
        given, read = before["outputs"][0], after["inputs"][0]
        assert given["name"] == read["name"]
        rows = given["outputFacets"]["outputStatistics"]["rowCount"]
        assert rows == read["inputFacets"]["inputStatistics"]["rowCount"]
    last = done[-1]["outputs"][0]
    kept = pl.read_parquet(made / "pairs.parquet").filter(status="kept")
    assert last["name"] == "ten/1.0.0"
    assert last["outputFacets"]["outputStatistics"]["rowCount"] == kept.height
    metrics = last["facets"]["dataQualityMetrics"]["columnMetrics"]
    assert metrics["speech"]["nullCount"] == kept["speech_sha256"].null_count()
    assert metrics["category"]["distinctCount"] == kept["category"].n_unique()


def test_columns_that_a_machine_made_say_so(made: Path) -> None:
    done = [event for event in events_of(made) if event["eventType"] == "COMPLETE"]
    synthesis = next(event for event in done if "synthesize" in event["job"]["name"])
    columns = synthesis["outputs"][0]["facets"]["columnLineage"]["fields"]
    how = columns["image"]["inputFields"][0]["transformations"][0]
    assert how["subtype"] == "TRANSFORMATION"
    assert columns["caption"]["inputFields"][0]["transformations"][0]["subtype"] == "IDENTITY"


def test_times_are_those_of_the_build_and_never_go_back(made: Path) -> None:
    times = [datetime.fromisoformat(event["eventTime"]) for event in events_of(made)]
    energy = Energy.model_validate_json((made / "energy.json").read_text())
    assert times == sorted(times)
    assert times[0] == datetime.fromisoformat(energy.started)
    assert times[-1] == datetime.fromisoformat(energy.finished)


def test_runs_are_named_by_the_release(finished: Finished, tmp_path: Path) -> None:
    """Another build of the same release, at another time, tells of the same runs."""
    evidence, facts = read_evidence(finished.release), read_facts(finished.release)
    assert evidence.energy is not None
    later = evidence.energy.model_copy(
        update={"started": "2030-01-01T00:00:00+00:00", "finished": "2030-01-01T01:00:00+00:00"}
    )
    again = [json.loads(line) for line in lineage(facts, evidence.pairs, later).splitlines()]
    runs = [event["run"]["runId"] for event in events_of(finished.release)]
    assert [event["run"]["runId"] for event in again] == runs
    other = Workspace(finished.workspace.root, finished.workspace.recipe).copied(tmp_path / "other")
    other = other.having(seed=1)
    other.build()
    assert not {event["run"]["runId"] for event in events_of(other.release)} & set(runs)


def test_a_server_finds_what_it_requires(made: Path) -> None:
    """Marquez wants a time with a zone, names that are not blank, and a type of every column."""
    for event in events_of(made):
        assert datetime.fromisoformat(event["eventTime"]).tzinfo is not None
        tables = [*event["inputs"], *event["outputs"]]
        for named in (event["job"], *tables):
            assert named["namespace"].strip()
            assert named["name"].strip()
        for table in tables:
            assert all(one["type"] for one in table["facets"]["schema"]["fields"])
