"""Every product of the sample has a picture, in its own colour."""

from __future__ import annotations

from xml.etree import ElementTree

from annotation.cot.links import web_link
from lab.sample.generate import generate
from lab.sample.lexicon import load_lexicon
from lab.sample.pictures import COLORS, FOLDER, drawings, picture_address


def test_the_files_are_those_that_the_command_writes() -> None:
    shipped = {path.stem: path.read_text("utf-8") for path in FOLDER.glob("*.svg")}
    assert shipped == drawings()
    assert shipped.keys() == load_lexicon().types.keys()


def test_a_drawing_is_small_and_well_formed() -> None:
    for text in drawings().values():
        assert ElementTree.fromstring(text).tag.endswith("svg")
        assert len(text) < 2_500


def test_an_address_names_the_type_and_the_colour_and_may_be_shown() -> None:
    products = generate(1, queries=1, products=200, pairs_a_query=1).products
    assert set(COLORS) == set(load_lexicon().attributes["color"].values)
    for product in products:
        address, _, color = picture_address(product).partition("#")
        assert (FOLDER / address.rpartition("/")[2]).exists()
        assert color == product.attributes.get("color", "")
        assert web_link(picture_address(product))


def test_no_other_path_of_this_server_is_a_picture() -> None:
    for path in ("/static/sample/../x.svg", "/static/app.css", "/sample/boots.svg", "/logout/"):
        assert web_link(path) == ""
