"""Every kind of thing with the function that draws it."""

from __future__ import annotations

from collections.abc import Callable

from vse_lessons.storybook.pen import Pen
from vse_lessons.storybook.people import PEOPLE
from vse_lessons.storybook.things_animals import ANIMALS
from vse_lessons.storybook.things_household import FURNITURE, TOYS
from vse_lessons.storybook.things_plants import FOOD, PLANTS
from vse_lessons.storybook.things_vehicles import BUILDINGS, VEHICLES

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
