"""The 62 kinds of things in Storybook's world, and its colours, patterns, sizes and settings."""

# outlines and tables stay as compact as they are read
# fmt: off
from __future__ import annotations

from dataclasses import dataclass

COLORS = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white",
           "gray")
PATTERNS = ("plain", "striped", "spotted", "checked")
SIZES = ("small", "large")
SETTINGS = ("beach", "street", "kitchen", "night", "meadow", "snow", "harbour", "bedroom")
DOMAINS = ("photo", "fashion", "art")

ANY = COLORS
FUR = ("brown", "black", "white", "gray", "orange")


@dataclass(frozen=True)
class Kind:
    """A kind of thing, as it may occur in a scene."""

    name: str  # as the detector calls it
    family: str  # kinds that are alike: person, animal, vehicle ...
    width: int  # usual, on the canvas, in pixels at the small size
    height: int  # likewise
    colors: tuple[str, ...] = ANY  # that it comes in
    place: str = "ground"  # or "air", "table"
    actions: tuple[str, ...] = ()  # what it can be doing
    patterned: bool = False  # whether it may have a pattern
    settings: tuple[str, ...] = ()  # that it appears in; empty: all of them


OUTDOOR = ("beach", "street", "night", "meadow", "snow", "harbour")
LAND = ("beach", "street", "night", "meadow", "snow")
BEAST = ("standing", "running", "sleeping")
MOTOR = ("parked", "moving")
HUMAN = ("standing", "running", "jumping", "waving", "sitting")

KINDS: tuple[Kind, ...] = (
    # animals
    Kind("dog", "animal", 24, 18, FUR, actions=BEAST, patterned=True),
    Kind("cat", "animal", 20, 18, FUR, actions=BEAST, patterned=True),
    Kind("horse", "animal", 32, 28, FUR, actions=BEAST, settings=LAND),
    Kind("cow", "animal", 32, 24, ("brown", "black", "white"), actions=BEAST, patterned=True,
         settings=LAND),
    Kind("sheep", "animal", 26, 20, ("white", "black", "gray", "brown"), actions=BEAST,
         settings=("meadow", "snow", "night")),
    Kind("pig", "animal", 26, 18, ("pink", "brown", "black"), actions=BEAST, settings=LAND),
    Kind("rabbit", "animal", 16, 20, FUR, actions=("standing", "jumping", "sleeping")),
    Kind("bear", "animal", 28, 28, ("brown", "black", "white"), actions=BEAST,
         settings=("meadow", "snow", "night")),
    Kind("elephant", "animal", 38, 30, ("gray", "blue", "pink"), actions=("standing", "running"),
         settings=LAND),
    Kind("giraffe", "animal", 24, 44, ("yellow", "orange"), actions=("standing",),
         settings=("meadow", "beach")),
    Kind("duck", "animal", 18, 16, ("yellow", "white", "brown"), actions=("standing", "sleeping")),
    Kind("frog", "animal", 16, 13, ("green", "brown", "red"), actions=("sitting", "jumping")),
    Kind("owl", "animal", 16, 20, ("brown", "gray", "white"), place="air", actions=("flying",),
         settings=("night", "meadow", "snow")),
    Kind("bird", "animal", 18, 14, ANY, place="air", actions=("flying",), settings=OUTDOOR),
    Kind("butterfly", "animal", 16, 14, ANY, place="air", actions=("flying",), patterned=True,
         settings=OUTDOOR),
    Kind("fish", "animal", 20, 13, ANY, actions=("jumping",), patterned=True,
         settings=("beach", "harbour")),
    # vehicles
    Kind("car", "vehicle", 34, 18, ANY, actions=MOTOR, settings=LAND),
    Kind("bus", "vehicle", 42, 24, ANY, actions=MOTOR, settings=("street", "night", "snow")),
    Kind("truck", "vehicle", 40, 24, ANY, actions=MOTOR, settings=LAND),
    Kind("tractor", "vehicle", 34, 26, ("red", "green", "blue", "yellow"), actions=MOTOR,
         settings=("meadow", "snow")),
    Kind("train", "vehicle", 48, 22, ANY, actions=("moving",),
         settings=("meadow", "snow", "night")),
    Kind("bicycle", "vehicle", 28, 20, ANY, actions=("parked",), settings=LAND),
    Kind("boat", "vehicle", 34, 28, ANY, actions=("floating",), settings=("beach", "harbour")),
    Kind("airplane", "vehicle", 38, 18, ANY, place="air", actions=("flying",), settings=OUTDOOR),
    Kind("rocket", "vehicle", 16, 36, ANY, place="air", actions=("flying",), settings=("night",)),
    # plants
    Kind("tree", "plant", 30, 42, ("green", "orange", "pink"), settings=LAND),
    Kind("pine", "plant", 24, 42, ("green", "white", "blue"), settings=("meadow", "snow", "night")),
    Kind("palm", "plant", 28, 44, ("green",), settings=("beach", "harbour")),
    Kind("flower", "plant", 14, 24, ANY, settings=("meadow", "street", "bedroom")),
    Kind("cactus", "plant", 16, 28, ("green",), settings=("beach", "bedroom", "kitchen")),
    Kind("mushroom", "plant", 16, 16, ("red", "brown", "white"), patterned=True,
         settings=("meadow", "kitchen")),
    # food
    Kind("apple", "food", 14, 15, ("red", "green", "yellow"), place="table",
         settings=("kitchen", "bedroom", "meadow")),
    Kind("pear", "food", 13, 17, ("green", "yellow"), place="table",
         settings=("kitchen", "bedroom")),
    Kind("banana", "food", 18, 12, ("yellow", "green"), place="table",
         settings=("kitchen", "bedroom")),
    Kind("cake", "food", 20, 18, ("pink", "white", "brown"), place="table",
         settings=("kitchen", "bedroom", "meadow")),
    Kind("pizza", "food", 20, 16, ("yellow", "red"), place="table", settings=("kitchen",)),
    Kind("carrot", "food", 12, 20, ("orange", "purple"), place="table", settings=("kitchen",)),
    # furniture and household
    Kind("chair", "furniture", 20, 28, ANY, patterned=True,
         settings=("kitchen", "bedroom", "beach")),
    Kind("table", "furniture", 38, 24, ("brown", "white", "black", "gray", "red"),
         settings=("kitchen", "bedroom")),
    Kind("bed", "furniture", 44, 24, ANY, patterned=True, settings=("bedroom",)),
    Kind("sofa", "furniture", 40, 22, ANY, patterned=True, settings=("bedroom",)),
    Kind("lamp", "furniture", 16, 34, ANY, settings=("bedroom", "kitchen", "street")),
    Kind("clock", "furniture", 18, 18, ANY, place="air", settings=("kitchen", "bedroom")),
    Kind("cup", "furniture", 14, 13, ANY, place="table", patterned=True,
         settings=("kitchen", "bedroom")),
    # toys and things people carry
    Kind("ball", "toy", 14, 14, ANY, patterned=True, place="ground"),
    Kind("kite", "toy", 20, 26, ANY, place="air", actions=("flying",), patterned=True,
         settings=("beach", "meadow", "harbour")),
    Kind("balloon", "toy", 16, 24, ANY, place="air", actions=("floating",)),
    Kind("teddy", "toy", 18, 22, ("brown", "pink", "white", "blue"), actions=("sitting",)),
    Kind("robot", "toy", 20, 26, ("gray", "blue", "red", "yellow"), actions=("standing", "waving")),
    Kind("drum", "toy", 18, 16, ANY, patterned=True),
    Kind("guitar", "toy", 16, 30, ("brown", "red", "black", "blue")),
    Kind("umbrella", "toy", 26, 26, ANY, patterned=True, settings=("beach", "street", "snow")),
    Kind("book", "toy", 18, 14, ANY, place="table", settings=("kitchen", "bedroom")),
    # buildings
    Kind("house", "building", 40, 38, ANY, settings=LAND),
    Kind("tent", "building", 34, 24, ANY, patterned=True,
         settings=("beach", "meadow", "snow", "night")),
    Kind("castle", "building", 44, 42, ("gray", "brown", "white", "pink"),
         settings=("meadow", "night", "snow")),
    Kind("lighthouse", "building", 18, 50, ("red", "white", "blue", "yellow"), patterned=True,
         settings=("beach", "harbour")),
    Kind("windmill", "building", 34, 44, ("white", "brown", "red"), settings=("meadow", "harbour")),
    # people: their colour is that of their top
    Kind("man", "person", 20, 44, ANY, actions=HUMAN, patterned=True),
    Kind("woman", "person", 20, 42, ANY, actions=HUMAN, patterned=True),
    Kind("boy", "person", 16, 32, ANY, actions=HUMAN, patterned=True),
    Kind("girl", "person", 16, 32, ANY, actions=HUMAN, patterned=True),
)
KIND = {kind.name: kind for kind in KINDS}
