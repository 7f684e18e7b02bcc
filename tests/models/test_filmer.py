"""Films from texts by a pipeline of diffusers: a tiny one that the test makes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from curate.measures.motion import film, motion
from curate.models.filmer import Filmer, filmer
from curate.pairs.span import Recording
from curate.pairs.video import check_video, frame_times, probe_video
from tests.diffusion import wan

SHAPE: dict[str, Any] = {"frames": 5, "width": 32, "height": 16}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return wan(tmp_path_factory.mktemp("wan"))


@pytest.fixture(scope="module")
def shoot(folder: Path) -> Filmer:
    return filmer(f"file:{folder}", **SHAPE)


def test_films_are_of_bytes_and_each_its_own(shoot: Filmer) -> None:
    films = shoot(["a cat", "a dog"], [1, 2])
    assert {(each.shape, each.dtype.name) for each in films} == {((5, 16, 32, 3), "uint8")}
    assert not np.array_equal(films[0], films[1])


def test_a_film_depends_on_its_prompt_and_its_seed_alone(shoot: Filmer) -> None:
    together = shoot(["a cat", "a dog"], [1, 2])
    (alone,) = shoot(["a dog"], [2])
    assert np.array_equal(together[1], alone)


def test_files_are_whole_and_the_same_every_time(folder: Path) -> None:
    measure = motion(f"file:{folder}", 12.5, **SHAPE)
    compute = film(measure, {"painter": folder})
    (first,), (again,) = (compute(["a cat"])["bytes"] for _ in range(2))
    assert first == again
    header = probe_video(first)
    assert (header.format, header.width, header.height) == ("MP4", 32, 16)
    assert header.duration == pytest.approx(5 / 12.5)
    assert check_video(first) == 5
    times = frame_times(Recording(first, None))
    assert times == pytest.approx(np.arange(5) / 12.5, abs=1e-4)
