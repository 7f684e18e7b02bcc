"""Drawings: their size, their pixels, and what a hostile one is not given."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from curate.errors import Unreadable
from curate.pairs.image import decode_image, probe_image
from curate.pairs.svg import LONGEST_SIDE

NAMES = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'


def drawing(attributes: str = 'viewBox="0 0 100 50"', body: str = "", before: str = "") -> bytes:
    return f"{before}<svg {NAMES} {attributes}>{body}</svg>".encode()


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ('viewBox="0 0 72 36"', (72, 36)),
        ('viewBox="-3,-3, 10.4,20.6"', (10, 21)),
        ('width="30" height="20px"', (30, 20)),
        ('width="1in" height="25.4mm" viewBox="0 0 5 5"', (96, 96)),
        ('width="12pt" height="1pc"', (16, 16)),
        ('width="100%" height="100%" viewBox="0 0 9 7"', (9, 7)),
        ('width="0.1" height="0.1"', (1, 1)),
    ],
)
def test_size_from_the_root(attributes: str, size: tuple[int, int]) -> None:
    header = probe_image(drawing(attributes))
    assert (header.format, header.width, header.height) == ("SVG", *size)


@pytest.mark.parametrize(
    "attributes", ["", 'width="100%" height="100%"', 'viewBox="0 0 0 5"', 'width="-3" height="4"']
)
def test_no_size_is_unreadable(attributes: str) -> None:
    with pytest.raises(Unreadable, match="states no size"):
        probe_image(drawing(attributes))


def test_rendered_with_its_longer_side_fixed_and_over_white() -> None:
    half = drawing(body='<rect width="50" height="50" fill="#ff0000" fill-opacity="0.5"/>')
    pixels = decode_image(half)
    assert pixels.shape == (LONGEST_SIDE // 2, LONGEST_SIDE, 3)
    assert pixels[5, 5].tolist() == [255, 127, 127]
    assert pixels[5, -5].tolist() == [255, 255, 255]
    assert decode_image(drawing('viewBox="0 0 10 40"')).shape == (256, 64, 3)
    assert decode_image(drawing('width="30mm" height="30mm"')).shape == (256, 256, 3)


def test_prolog_byte_order_mark_and_prefix_are_fine() -> None:
    prolog = '\ufeff<?xml version="1.0"?><!-- made by hand --><!DOCTYPE svg>'
    assert probe_image(drawing(before=prolog)).format == "SVG"
    assert decode_image(drawing(before=prolog)).shape == (128, 256, 3)
    prefixed = b'<s:svg xmlns:s="http://www.w3.org/2000/svg" viewBox="0 0 4 4"></s:svg>'
    assert probe_image(prefixed).width == 4


def test_entities_that_drawing_programs_write_are_fine() -> None:
    doctype = '<!DOCTYPE svg [<!ENTITY ns_x "http://example.org/x">]>'
    data = drawing('viewBox="0 0 8 8" xmlns:x="&ns_x;"', before=doctype)
    assert decode_image(data).shape == (256, 256, 3)


@pytest.mark.parametrize(
    "declared",
    [
        '<!ENTITY a SYSTEM "file:///etc/passwd">',
        '<!ENTITY a "&b;&b;"><!ENTITY b "x">',
        f'<!ENTITY a "{"x" * 2000}">',
        '<!ENTITY % a "x">',
        "<!ENTITY a \"<image href='/etc/hostname.png'/>\">",
    ],
)
@pytest.mark.parametrize("read", [probe_image, decode_image])
def test_other_entities_are_refused(declared: str, read: object) -> None:
    data = drawing(before=f"<!DOCTYPE svg [{declared}]>", body="<text>&a;</text>")
    with pytest.raises(Unreadable, match="declares the entity"):
        read(data)  # type: ignore[operator]


@pytest.mark.parametrize("element", ["image", "s:image", "feImage"])
@pytest.mark.parametrize("attribute", ["href", "xlink:href"])
def test_no_other_file_is_read(element: str, attribute: str, tmp_path: Path) -> None:
    Image.new("RGB", (9, 9), (0, 255, 0)).save(tmp_path / "secret.png")
    names = 'viewBox="0 0 9 9" xmlns:s="http://www.w3.org/2000/svg"'
    for place in (f"{tmp_path}/secret.png", "secret.png", "file:///x.png", "http://localhost/x"):
        body = f'<{element} {attribute}="{place}" width="9" height="9"/>'
        with pytest.raises(Unreadable, match="refers to another file"):
            decode_image(drawing(names, body))


def test_an_image_inside_the_drawing_is_drawn() -> None:
    red = (
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLv"
        "AAAAAElFTkSuQmCC"
    )
    body = f'<image xlink:href="{red}" width="100" height="50"/>'
    pixels = decode_image(drawing(body=body))
    assert pixels[60, 120].tolist() == [255, 0, 0]


def test_a_drawing_of_text_alone_is_no_empty_picture() -> None:
    sign = "<text x='0' y='20' font-size='20'>€</text>"
    with pytest.raises(Unreadable, match="shows nothing but text"):
        decode_image(drawing(body=sign))


def test_fonts_of_the_machine_are_not_used() -> None:
    line = '<rect width="100" height="5"/>'
    text = drawing(body=f'<text x="5" y="40" font-size="40">Hello</text>{line}')
    assert (decode_image(text) == decode_image(drawing(body=line))).all()


@pytest.mark.parametrize(
    "data",
    [
        drawing()[:-4],
        drawing(body="<g>"),
        drawing().replace(b"100 50", b"100 \xff50"),
        b"<svg",
        b"<svg >",
        drawing(body="<g>" * 5000 + "</g>" * 5000),
    ],
)
def test_broken_drawings_are_unreadable(data: bytes) -> None:
    with pytest.raises(Unreadable):
        decode_image(data)


def test_a_page_that_contains_a_drawing_is_none() -> None:
    with pytest.raises(Unreadable, match="not an SVG"):
        probe_image(b'<html><svg viewBox="0 0 1 1"></svg></html>')


@given(st.binary(max_size=60), st.integers(0, 300))
def test_damage_is_either_pixels_or_unreadable(damage: bytes, at: int) -> None:
    data = drawing(body='<path d="M0 0L9 9Z"/><g id="a"/><use xlink:href="#a"/>')
    try:
        pixels = decode_image(data[:at] + damage + data[at + len(damage) :])
    except Unreadable as error:
        assert error.message
    else:
        assert max(pixels.shape) == LONGEST_SIDE
        assert pixels.dtype == np.uint8
