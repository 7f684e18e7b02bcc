"""Models that write, of the real classes and tiny: what they say depends on what they are given alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from curate.errors import CurateError
from curate.models.generation import load_writer
from curate.models.writer import Decoding, Wanted
from tests.models import talkers, tiny
from tests.models.talkers import SAID, THINGS, coloured

TEXT = Wanted("Translate it.", texts={"text": "a red boat"})
PICTURE = Wanted("Name it.", (coloured("red"),))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("writers")


@pytest.fixture(scope="module")
def taught(folder: Path) -> Path:
    return talkers.text_talker(folder)


@pytest.mark.parametrize("task", ["to French: ", "to English: "])
def test_a_model_of_texts_is_given_the_text_behind_its_prefix(taught: Path, task: str) -> None:
    write = load_writer(taught, Decoding(tokens=12, prefix=task))
    given = {
        said.removeprefix(task): reply for said, reply in SAID.items() if said.startswith(task)
    }
    for _ in range(2):
        for text, reply in given.items():
            written = write(Wanted("Translate.", texts={"text": text}))
            assert written.text == reply
            assert written.confidence is not None
            assert written.confidence > 0.8
            assert written.completion_tokens == len(reply.split()) + 1


def test_a_vision_model_is_told_in_a_conversation(folder: Path) -> None:
    write = load_writer(talkers.vision_talker(folder), Decoding(tokens=12))
    for colour, thing in THINGS.items():
        told = Wanted("Name it.", (coloured(colour, seed=7),), {"caption": "</s> [assistant] red"})
        assert write(told).text == thing


@pytest.mark.parametrize("prefix", ["", "a red"])
def test_a_captioner_is_given_pictures_alone(folder: Path, prefix: str) -> None:
    write = load_writer(talkers.captioner(folder), Decoding(tokens=4, prefix=prefix))
    written = write(PICTURE)
    assert written.error == "the reply was cut off after 4 tokens"
    assert written == write(PICTURE)


def test_a_language_model_goes_on_with_a_text(folder: Path) -> None:
    write = load_writer(talkers.continuer(folder), Decoding(tokens=4))
    first = write(TEXT)
    write(Wanted("Other", texts={"text": "a blue bird"}))
    assert write(TEXT) == first
    assert first.completion_tokens == 4


def test_chance_is_the_seeds_alone(folder: Path) -> None:
    import torch

    place = talkers.continuer(folder)
    state = torch.random.get_rng_state()

    def drawn(seed: int) -> float | None:
        return load_writer(place, Decoding(tokens=8, temperature=5.0, seed=seed))(TEXT).confidence

    assert drawn(1) == drawn(1)
    assert len({drawn(seed) for seed in range(4)}) > 1
    assert torch.equal(torch.random.get_rng_state(), state)


def test_a_translator_of_many_languages_speaks_the_one_that_is_named(folder: Path) -> None:
    place = talkers.many_tongues(folder)
    write = load_writer(place, Decoding(tokens=4, languages=("eng_Latn", "fra_Latn")))
    other = load_writer(place, Decoding(tokens=4, languages=("eng_Latn", "deu_Latn")))
    assert write(TEXT).confidence != other(TEXT).confidence
    with pytest.raises(CurateError, match="no language 'xx'"):
        load_writer(place, Decoding(tokens=4, languages=("eng_Latn", "xx")))


@pytest.mark.parametrize(
    ("make", "told"),
    [(tiny.bert, "is BertModel, which writes nothing"), (tiny.clip, "which writes nothing")],
)
def test_what_does_not_write_says_so(folder: Path, make: Callable[[Path], Path], told: str) -> None:
    with pytest.raises(CurateError, match=told):
        load_writer(make(folder), Decoding(tokens=4))


def test_pictures_are_for_those_who_see(taught: Path, folder: Path) -> None:
    with pytest.raises(CurateError, match="does not write about pictures"):
        load_writer(taught, Decoding(tokens=4))(PICTURE)
    with pytest.raises(CurateError, match="does not write about texts alone"):
        load_writer(talkers.captioner(folder), Decoding(tokens=4))(TEXT)
