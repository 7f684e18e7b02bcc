"""COCO's captions and VQA's questions, in the layouts in which they are published."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate.errors import DataError
from curate.sources.vqa import answer_of
from tests.sources.conftest import make_fields, png, problems

Rows = Callable[..., pl.DataFrame]
CAPTIONS = make_fields(
    image={"type": "image"},
    caption={"type": "text"},
    licence={"type": "metadata"},
    url={"type": "metadata"},
)
COCO = {
    "path": "coco", "file": "annotations/captions.json", "images": "val2017",
    "image": "file_name", "caption": "caption", "licence": "license", "url": "coco_url",
}  # fmt: skip
QUESTIONS = make_fields(
    image={"type": "image"},
    question={"type": "text"},
    answer={"type": "text"},
    kind={"type": "metadata"},
)
VQA = {
    "path": "vqa", "file": "questions.json", "annotations": "annotations.json",
    "images": "val2014/COCO_val2014_{image_id:012}.jpg",
    "image": "image", "question": "question", "answer": "answer", "kind": "answer_type",
}  # fmt: skip
FLAT = {"path": "vqa", "file": "qa.json", "image": "image", "question": "q", "answer": "answer"}


def write(path: Path, document: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(document if isinstance(document, str) else json.dumps(document))


def coco(folder: Path, captions: list[dict[str, Any]], **more: Any) -> None:
    images = [
        {"id": 397133, "file_name": "000000397133.jpg", "license": 4, "coco_url": "http://x/1"},
        {"id": 37777, "file_name": "000000037777.jpg", "license": 1, "coco_url": "http://x/2"},
        {"id": 5, "file_name": "../../secret.jpg", "license": 1, "coco_url": "http://x/3"},
    ]
    document = {"info": {}, "licenses": [], "images": images, "annotations": captions}
    write(folder / "annotations/captions.json", document | more)
    for image in images[:2]:
        (folder / "val2017").mkdir(exist_ok=True)
        (folder / f"val2017/{image['file_name']}").write_bytes(png())


def test_coco(tmp_path: Path, rows: Rows) -> None:
    coco(
        tmp_path / "coco",
        [
            {"image_id": 37777, "id": 10, "caption": "A small kitchen."},
            {"image_id": 397133, "id": 11, "caption": "A man bakes. \n"},
            {"image_id": 37777, "id": 12, "caption": "An orange on a table."},
        ],
    )
    frame = rows("coco", CAPTIONS, **COCO)
    assert frame.select("row", "caption", "image_uri", "licence", "url").rows() == [
        ("0", "A small kitchen.", "val2017/000000037777.jpg", 1, "http://x/2"),
        ("1", "A man bakes.", "val2017/000000397133.jpg", 4, "http://x/1"),
        ("2", "An orange on a table.", "val2017/000000037777.jpg", 1, "http://x/2"),
    ]
    assert frame["caption_uri"][0] == "annotations/captions.json#0/caption"
    assert problems(frame) == {}


def test_coco_rows_that_are_no_pairs(tmp_path: Path, rows: Rows) -> None:
    captions: list[dict[str, Any]] = [
        {"image_id": 5, "caption": "a"},
        {"image_id": 99, "caption": "b"},
        {"image_id": [], "caption": "c"},
        {"image_id": 37777},
        {"image_id": 37777, "caption": {}},
    ]
    coco(tmp_path / "coco", captions)
    refused = "a path with '..'; only files below the source's folder are read"
    assert problems(rows("coco", CAPTIONS, **COCO)) == {
        "0": ("refused", "image", refused),
        "1": ("unreadable", "image", "no file is named"),
        "2": ("unreadable", "image", "no file is named"),
        "3": ("missing", "caption", "no text at annotations/captions.json#3/caption"),
        "4": ("unreadable", "caption", "holds an object, not a text"),
    }


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("{", "line 1, column 2: Expecting property name"),
        ("[" * 99999, "maximum recursion depth exceeded"),
        ([], "has no 'images'"),
        ({"categories": [], "images": []}, "has no 'annotations'"),
        ({"images": {}, "annotations": []}, "'images' is no list"),
        ({"images": [1], "annotations": []}, "'images' number 0 is no object in braces"),
        ({"images": [{}], "annotations": []}, "number 0 has no 'id'"),
        ({"images": [{"id": 1}, {"id": 1}], "annotations": []}, "the 'id' 1 is there twice"),
        ({"images": [], "annotations": [{"captoin": ""}]}, "there is no column 'file_name'"),
    ],
)
def test_coco_documents_of_another_form(
    tmp_path: Path, rows: Rows, document: Any, words: str
) -> None:
    write(tmp_path / "coco/annotations/captions.json", document)
    with pytest.raises(DataError) as caught:
        rows("coco", CAPTIONS, **COCO)
    assert caught.value.message.startswith(f"annotations/captions.json: {words}")


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"path": "cocoa"}, "there is no folder 'cocoa'"),
        ({"file": "captions.json"}, "the list 'captions.json' is not there"),
        ({"file": "../secret.json"}, r"the list '../secret.json' is refused: a path with '\.\.'"),
        ({"file": "val2017"}, "the list 'val2017' is refused: a folder, not a regular file"),
    ],
)
def test_lists_that_are_not_there(
    tmp_path: Path, rows: Rows, keys: dict[str, str], words: str
) -> None:
    coco(tmp_path / "coco", [])
    with pytest.raises(DataError, match=words):
        rows("coco", CAPTIONS, **COCO | keys)


def vqa(folder: Path) -> None:
    questions = [
        {"image_id": 42, "question": "What is this?", "question_id": 42000},
        {"image_id": 42, "question": "Is it red?", "question_id": 42001},
        {"image_id": 7, "question": "Where?", "question_id": 7000},
    ]
    annotations: list[dict[str, Any]] = [
        {"question_id": 42001, "multiple_choice_answer": "yes", "answer_type": "yes/no"},
        {
            "question_id": 42000, "answer_type": "other",
            "answers": [{"answer": "cup", "answer_id": 1}, {"answer": "mug"}, {"answer": "mug"}],
        },
    ]  # fmt: skip
    write(folder / "questions.json", {"task_type": "Open-Ended", "questions": questions})
    write(folder / "annotations.json", {"annotations": annotations})
    (folder / "val2014").mkdir()
    (folder / "val2014/COCO_val2014_000000000042.jpg").write_bytes(png())


def test_vqa(tmp_path: Path, rows: Rows) -> None:
    vqa(tmp_path / "vqa")
    frame = rows("vqa", QUESTIONS, **VQA)
    image = "val2014/COCO_val2014_000000000042.jpg"
    assert frame.select("image_uri", "question", "answer", "kind").rows() == [
        (image, "What is this?", "mug", "other"),
        (image, "Is it red?", "yes", "yes/no"),
        ("val2014/COCO_val2014_000000000007.jpg", "Where?", None, None),
    ]
    assert problems(frame) == {
        "2": ("unreadable", "image", "no such file: val2014/COCO_val2014_000000000007.jpg")
    }


def test_vqa_of_two_splits(tmp_path: Path, rows: Rows) -> None:
    vqa(tmp_path / "vqa")
    write(tmp_path / "vqa/annotations.json", {"annotations": [{"question_id": 1}]})
    with pytest.raises(DataError, match="none of its questions has an annotation"):
        rows("vqa", QUESTIONS, **VQA)


def test_questions_as_a_list(tmp_path: Path, rows: Rows) -> None:
    flat = [
        {"image": "a.png", "q": "What?", "answer": "a cup", "answer_type": 1},
        {"image": "/etc/passwd", "q": "What?", "answer": "a cup"},
        {"q": "What?", "answers": ["one", "two", "two"]},
    ]
    write(tmp_path / "vqa/qa.json", flat)
    (tmp_path / "vqa/png").mkdir()
    (tmp_path / "vqa/png/a.png").write_bytes(png())
    frame = rows("vqa", QUESTIONS, **FLAT, images="png/{image}")
    assert frame["answer"].to_list() == ["a cup", "a cup", "two"]
    assert problems(frame) == {
        "1": ("unreadable", "image", "no such file: png/etc/passwd"),
        "2": ("unreadable", "image", "no file is named"),
    }
    assert problems(rows("vqa", QUESTIONS, **FLAT))["1"][0] == "refused"


@pytest.mark.parametrize(
    ("row", "answer"),
    [
        ({"answer": "a", "multiple_choice_answer": "b"}, "a"),
        ({"multiple_choice_answer": "b", "answers": ["c"]}, "b"),
        ({"answers": [{"answer": "x"}, {"answer": "y"}, {"answer": "y"}, {"answer": "x"}]}, "x"),
        ({"answers": [None, 3, "z"]}, "z"),
        ({"answers": []}, None),
        ({"answers": "yes"}, None),
        ({"answer": 2}, 2),
        ({}, None),
    ],
)
def test_the_answer_that_stands_for_all(row: dict[str, Any], answer: Any) -> None:
    assert answer_of(row) == answer
