"""Every kind of thing with the function that draws it."""

from __future__ import annotations

from collections.abc import Callable

from vse_lessons.sources.storybook.drawing.animals import ANIMALS
from vse_lessons.sources.storybook.drawing.household import FURNITURE, TOYS
from vse_lessons.sources.storybook.drawing.pen import Pen
from vse_lessons.sources.storybook.drawing.people import PEOPLE
from vse_lessons.sources.storybook.drawing.plants import FOOD, PLANTS
from vse_lessons.sources.storybook.drawing.vehicles import BUILDINGS, VEHICLES

DRAW: dict[str, Callable[[Pen], None]] = {
    **ANIMALS,
    **VEHICLES,
    **PLANTS,
    **FOOD,
    **FURNITURE,
    **TOYS,
    **BUILDINGS,
    **PEOPLE,
}
