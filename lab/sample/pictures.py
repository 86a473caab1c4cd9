"""The pictures of the sample's products: one drawing a type, in the colours of the lexicon.

    python -m lab.sample.pictures

writes them to ``static/sample``. The colour is chosen by the address: ``boots.svg#red``.
"""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path

from lab.sample.world import CatalogueItem

FOLDER = Path(__file__).resolve().parents[2] / "static" / "sample"
ADDRESS = "/static/sample"
COLORS = {
    "red": "#d32f2f", "blue": "#3457b1", "black": "#3a3d42", "white": "#fafafa",
    "green": "#3f8f4f", "grey": "#9aa0a6", "pink": "#ec8fb2", "brown": "#8d6040",
    "yellow": "#f4c430", "orange": "#f08a24",
}  # fmt: skip
_PLAIN = "#b9c3c9"  # of a product that states no colour
_FILLS = {"c": "var(--c)", "d": "#33383d", "l": "#eef1f2", "n": "none"}
_HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="-10 -8 180 116" width="320" height="206">'
)


def picture_address(product: CatalogueItem) -> str:
    """Where the product's picture is served."""
    color = product.attributes.get("color")
    return f"{ADDRESS}/{product.type_name}.svg" + (f"#{color}" if color else "")


def drawings() -> dict[str, str]:
    """Product type -> the text of its SVG file."""
    rows = tomllib.loads(files("lab.sample").joinpath("pictures.toml").read_text("utf-8"))
    return {name: _svg(row) for name, row in rows.items()}


def _svg(row: str) -> str:
    style = f"svg{{--c:{_PLAIN}}}" + "".join(
        f"#{name}:target{{--c:{code}}}" for name, code in COLORS.items()
    )
    opened = "".join(f'<g id="{name}">' for name in COLORS)
    shapes = "".join(_shape(*shape.split(maxsplit=2)) for shape in row.split("; "))
    return (
        f"{_HEAD}<style>{style}</style>"
        '<rect x="-10" y="-8" width="180" height="116" fill="#f7f7f4"/>'
        f'{opened}<g stroke="#33383d" stroke-width="2" stroke-linejoin="round" '
        f'stroke-linecap="round">{shapes}</g>{"</g>" * len(COLORS)}</svg>\n'
    )


def _shape(fill: str, form: str, place: str) -> str:
    paint = f'style="fill:{_FILLS[fill]}"'
    if form == "p":
        return f'<path d="{place}" {paint}/>'
    numbers = place.split()
    if form == "o":
        return '<circle cx="{}" cy="{}" r="{}" {}/>'.format(*numbers, paint)
    return '<rect x="{}" y="{}" width="{}" height="{}" rx="{}" {}/>'.format(*numbers, paint)


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in drawings().items():
        (FOLDER / f"{name}.svg").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
