"""The words that Storybook's writers know.

Every list has three tiers: plain words, usual synonyms, and rare words that a training set
shows once or twice.  A writer's habits decide how often each tier is used.  An underscore
stands for a space inside one entry.  No word here claims more than the picture shows.
"""

from __future__ import annotations

Tiers = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]


def tiers(plain: str, usual: str = "", rare: str = "") -> Tiers:
    """Three tiers from three strings of words; `_` becomes a space inside a word."""
    split = [tuple(word.replace("_", " ") for word in text.split()) for text in (plain, usual, rare)]
    return split[0], split[1], split[2]


NOUNS: dict[str, Tiers] = {
    "dog": tiers("dog", "hound", "pooch canine mutt doggie"),
    "cat": tiers("cat", "kitty", "feline pussycat mouser"),
    "horse": tiers("horse", "stallion", "steed mare colt equine"),
    "cow": tiers("cow", "bull", "heifer ox bovine"),
    "sheep": tiers("sheep", "ewe", "ram ruminant"),
    "pig": tiers("pig", "hog", "swine boar sow"),
    "rabbit": tiers("rabbit", "bunny hare", "bunny_rabbit lagomorph"),
    "bear": tiers("bear", "", "bruin wild_bear"),
    "elephant": tiers("elephant", "", "jumbo pachyderm tusker"),
    "giraffe": tiers("giraffe", "", "long-necked_giraffe camelopard"),
    "duck": tiers("duck", "", "drake waterfowl quacker"),
    "frog": tiers("frog", "toad", "bullfrog froggy hopper"),
    "owl": tiers("owl", "", "hooter owlet night_bird"),
    "bird": tiers("bird", "", "birdie songbird winged_visitor"),
    "butterfly": tiers("butterfly", "insect", "winged_insect lepidopteran flutterer"),
    "fish": tiers("fish", "sea_creature", "finned_creature swimmer"),
    "car": tiers("car", "automobile sedan", "motorcar runabout auto"),
    "bus": tiers("bus", "coach", "omnibus charabanc"),
    "truck": tiers("truck", "lorry", "hauler rig"),
    "tractor": tiers("tractor", "farm_machine", "ploughing_machine"),
    "train": tiers("train", "locomotive", "railway_engine choo-choo"),
    "bicycle": tiers("bike", "bicycle", "cycle pushbike two-wheeler"),
    "boat": tiers("boat", "ship sailboat", "vessel dinghy craft skiff"),
    "airplane": tiers("plane airplane", "jet aircraft", "aeroplane airliner"),
    "rocket": tiers("rocket", "spaceship rocket_ship", "spacecraft starship"),
    "tree": tiers("tree", "", "hardwood arbor"),
    "pine": tiers("pine_tree", "fir_tree evergreen", "conifer spruce pine"),
    "palm": tiers("palm_tree", "palm", "coconut_tree tropical_tree"),
    "flower": tiers("flower", "blossom", "bloom posy floret"),
    "cactus": tiers("cactus", "prickly_plant", "succulent thorny_plant"),
    "mushroom": tiers("mushroom", "toadstool", "fungus champignon"),
    "apple": tiers("apple", "fruit piece_of_fruit", "pippin"),
    "pear": tiers("pear", "fruit piece_of_fruit", "juicy_pear"),
    "banana": tiers("banana", "fruit piece_of_fruit", "plantain"),
    "cake": tiers("cake", "dessert", "sponge gateau torte"),
    "pizza": tiers("pizza", "pizza_pie", "flatbread"),
    "carrot": tiers("carrot", "vegetable", "root_vegetable"),
    "chair": tiers("chair", "seat", "dining_chair"),
    "table": tiers("table", "", "tabletop desk"),
    "bed": tiers("bed", "", "bedstead sleeping-place"),
    "sofa": tiers("couch sofa", "", "settee loveseat divan"),
    "lamp": tiers("lamp", "lampshade", "standing_lamp luminaire"),
    "clock": tiers("clock", "wall_clock", "timepiece"),
    "cup": tiers("cup", "mug", "beaker teacup"),
    "ball": tiers("ball", "toy_ball", "sphere orb"),
    "kite": tiers("kite", "", "paper_kite wind_toy"),
    "balloon": tiers("balloon", "party_balloon", "inflatable"),
    "teddy": tiers("teddy_bear", "stuffed_bear teddy", "plush_bear cuddly_bear plushie"),
    "robot": tiers("robot", "toy_robot", "android automaton droid"),
    "drum": tiers("drum", "instrument", "snare tom-tom"),
    "guitar": tiers("guitar", "instrument", "six-string stringed_instrument"),
    "umbrella": tiers("umbrella", "parasol", "brolly sunshade"),
    "book": tiers("book", "", "paperback volume tome storybook"),
    "house": tiers("house", "home cottage", "dwelling bungalow cabin"),
    "tent": tiers("tent", "", "marquee canvas_shelter pavilion"),
    "castle": tiers("castle", "fortress", "citadel stronghold"),
    "lighthouse": tiers("lighthouse", "", "beacon light_tower"),
    "windmill": tiers("windmill", "mill", "gristmill"),
    "man": tiers("man", "guy person gentleman", "fellow chap bloke dude"),
    "woman": tiers("woman", "lady person", "gal madam"),
    "boy": tiers("boy", "kid child", "lad youngster youth tyke"),
    "girl": tiers("girl", "kid child", "lass youngster lassie moppet"),
}

# what only a thing of the small (large) size is called
SMALL_NOUNS: dict[str, tuple[str, ...]] = {
    "dog": ("puppy", "pup"),
    "cat": ("kitten",),
    "horse": ("pony", "foal"),
    "cow": ("calf",),
    "sheep": ("lamb",),
    "pig": ("piglet",),
    "bear": ("bear cub", "cub"),
    "duck": ("duckling",),
    "elephant": ("baby elephant",),
    "boy": ("toddler",),
    "girl": ("toddler",),
    "cake": ("cupcake",),
    "house": ("hut",),
    "table": ("side table",),
    "truck": ("van",),
}
FAMILY_NOUNS: dict[str, Tiers] = {
    "animal": tiers("animal", "creature", "critter living_thing"),
    "vehicle": tiers("vehicle", "", "conveyance contraption"),
    "plant": tiers("plant", "", "piece_of_greenery"),
    "food": tiers("snack", "treat", "morsel titbit"),
    "building": tiers("building", "structure", "edifice"),
    "person": tiers("person", "", "individual figure someone"),
}
PEOPLE: Tiers = tiers("people", "", "folks persons")
CHILDREN: Tiers = tiers("children kids", "", "youngsters tots")
ADULTS: Tiers = tiers("adults", "grown-ups", "grownups")

COLOR_WORDS: dict[str, Tiers] = {
    "red": tiers("red", "crimson scarlet", "ruby cherry-red blood-red maroon"),
    "orange": tiers("orange", "tangerine", "amber apricot coppery"),
    "yellow": tiers("yellow", "golden", "lemon mustard canary-yellow"),
    "green": tiers("green", "emerald", "olive lime grassy-green jade"),
    "blue": tiers("blue", "navy", "azure sapphire cobalt turquoise"),
    "purple": tiers("purple", "violet", "lilac lavender mauve plum"),
    "pink": tiers("pink", "rosy", "magenta fuchsia salmon-pink"),
    "brown": tiers("brown", "tan", "chestnut chocolate mahogany caramel"),
    "black": tiers("black", "", "jet-black raven ebony inky"),
    "white": tiers("white", "", "ivory cream off-white chalky"),
    "gray": tiers("grey gray", "silver", "ashen slate charcoal"),
}
FUR_WORDS: dict[str, Tiers] = {
    "orange": tiers("orange", "ginger", "rusty marmalade"),
    "gray": tiers("grey gray", "silver", "ashen slate"),
    "white": tiers("white", "", "ivory cream milky"),
}
PAINT_WORDS: dict[str, Tiers] = {
    "red": tiers("red crimson", "vermilion scarlet", "carmine madder cinnabar"),
    "orange": tiers("orange", "amber burnt-orange", "saffron copper"),
    "yellow": tiers("yellow golden", "ochre", "gamboge primrose"),
    "green": tiers("green", "emerald viridian", "verdant malachite sage"),
    "blue": tiers("blue", "ultramarine azure", "cobalt cerulean lapis"),
    "purple": tiers("purple violet", "mauve", "amethyst heliotrope"),
    "pink": tiers("pink rose-coloured", "rosy", "coral carnation"),
    "brown": tiers("brown", "umber chestnut", "sienna bistre russet"),
    "black": tiers("black", "ebony", "sable inky"),
    "white": tiers("white", "ivory", "alabaster pearly"),
    "gray": tiers("grey", "silver pewter", "leaden slate"),
}
PATTERN_WORDS: dict[str, Tiers] = {
    "striped": tiers("striped", "stripy", "banded pinstriped streaked"),
    "spotted": tiers("spotted", "dotted speckled", "polka-dot dappled freckled"),
    "checked": tiers("checkered checked", "plaid", "chequered tartan gingham"),
}
PATTERN_NOUNS = {
    "striped": ("stripes",),
    "spotted": ("spots", "dots", "polka dots"),
    "checked": ("checks", "squares"),
}
SIZE_WORDS: dict[str, Tiers] = {
    "small": tiers("small little", "tiny", "wee mini petite undersized"),
    "large": tiers("big large", "huge", "enormous giant hefty massive oversized"),
}
PEOPLE_SIZE: dict[str, Tiers] = {
    "small": tiers("little small", "short", "slight petite"),
    "large": tiers("tall", "big", "lanky towering"),
}
MOODS: Tiers = tiers(  # opinions, which no picture can contradict
    "cute nice pretty funny",
    "lovely happy cheerful playful beautiful cool",
    "charming quirky splendid whimsical curious jolly dapper adorable handsome odd-looking "
    "peculiar delightful quaint darling marvellous dainty fanciful endearing winsome comical "
    "toylike cartoonish stylised storybook-like spick-and-span well-kept picturesque "
    "unassuming",
)
LONE: Tiers = tiers("lone", "single", "solitary")
PETS = (
    "Biscuit",
    "Rufus",
    "Milo",
    "Daisy",
    "Pepper",
    "Olive",
    "Hugo",
    "Bruno",
    "Clover",
    "Maple",
    "Otis",
    "Juniper",
    "Pickle",
    "Waffles",
    "Ziggy",
    "Noodle",
    "Mabel",
    "Basil",
    "Poppy",
    "Truffle",
    "Nutmeg",
    "Percy",
    "Bramble",
    "Hazel",
    "Dumpling",
    "Fergus",
    "Tilly",
    "Monty",
    "Socks",
    "Pippa",
    "Bingo",
    "Marzipan",
    "Ludo",
    "Sprocket",
    "Tango",
    "Winnie",
    "Figaro",
    "Doodle",
    "Puck",
    "Juno",
    "Kipper",
    "Moss",
    "Quill",
    "Rocco",
    "Sage",
    "Tofu",
    "Ursa",
    "Velvet",
    "Widget",
    "Yeti",
    "Zephyr",
    "Anouk",
    "Bartleby",
    "Cosmo",
    "Dixie",
    "Echo",
    "Fennel",
    "Gizmo",
    "Hopscotch",
    "Indigo",
    "Jasper",
    "Kiki",
    "Loki",
    "Mango",
    "Nimbus",
    "Orbit",
    "Pixel",
)

SLEEVE_WORDS = {
    "sleeveless": ("sleeveless",),
    "short-sleeved": ("short-sleeved", "short-sleeve"),
    "long-sleeved": ("long-sleeved", "long-sleeve"),
}
CLOTHES_NOUNS: dict[str, Tiers] = {
    "tee": tiers("tee", "T-shirt tee-shirt", "crewneck"),
    "shirt": tiers("shirt", "top", "button-up"),
    "hoodie": tiers("hoodie", "hooded_sweatshirt", "hooded_top"),
    "jacket": tiers("jacket", "", "blazer"),
    "coat": tiers("coat", "jacket", "overcoat greatcoat"),
    "sweater": tiers("sweater", "pullover jumper", "knit jersey"),
    "blouse": tiers("blouse", "", "chemise"),
    "dress": tiers("dress", "gown", "frock"),
    "trousers": tiers("pants", "trousers", "slacks britches"),
    "shorts": tiers("shorts", "", "knee-shorts bermudas"),
    "skirt": tiers("skirt", "", "kilt miniskirt"),
    "hat": tiers("hat", "cap", "bonnet headpiece"),
    "bag": tiers("bag", "handbag purse", "tote satchel"),
}
PAIRED = frozenset({"pants", "trousers", "slacks", "britches", "shorts", "knee-shorts", "bermudas"})
PRINT_WORDS = {
    "letters": ("letters",),
    "skull": ("a skull",),
    "heart": ("a heart",),
    "flower": ("a flower",),
    "star": ("a star",),
}

NUMBERS = {
    2: tiers("two", "a_pair_of a_couple_of", "a_brace_of"),
    3: tiers("three", "several a_group_of", "a_trio_of"),
    4: tiers("four", "several a_group_of", "a_quartet_of"),
    5: tiers("five", "several a_group_of", "a_handful_of"),
}
IRREGULAR_PLURALS = {
    "man": "men",
    "woman": "women",
    "child": "children",
    "person": "people",
    "sheep": "sheep",
    "fish": "fish",
    "aircraft": "aircraft",
    "spacecraft": "spacecraft",
    "craft": "craft",
    "swine": "swine",
    "cactus": "cacti",
    "fungus": "fungi",
    "calf": "calves",
    "someone": "people",
    "gentleman": "gentlemen",
    "goose": "geese",
    "mouse": "mice",
    "ox": "oxen",
    "waterfowl": "waterfowl",
    "piece of fruit": "pieces of fruit",
    "piece of greenery": "pieces of greenery",
    "gateau": "gateaux",
}

# Image-level tags: how a classifier trained on an ontology would name a kind or a setting.
TAG_NAMES: dict[str, str] = {
    "dog": "havanese dog",
    "cat": "domestic cat",
    "horse": "equine animal",
    "cow": "bovine animal",
    "sheep": "ovine ruminant",
    "pig": "swine",
    "rabbit": "leporid rabbit",
    "bear": "ursine animal",
    "elephant": "pachyderm",
    "giraffe": "giraffidae",
    "duck": "waterfowl",
    "frog": "amphibian",
    "owl": "bird of prey",
    "bird": "passerine bird",
    "butterfly": "lepidopteran insect",
    "fish": "aquatic creature",
    "car": "passenger car",
    "bus": "transit bus",
    "truck": "commercial truck",
    "tractor": "farm machine",
    "train": "locomotive",
    "bicycle": "bicycle wheel",
    "boat": "watercraft",
    "airplane": "jet aircraft",
    "rocket": "spacecraft",
    "tree": "deciduous tree",
    "pine": "evergreen conifer",
    "palm": "tropical palm",
    "flower": "blossom",
    "cactus": "succulent plant",
    "mushroom": "fungus",
    "apple": "pome fruit",
    "pear": "orchard fruit",
    "banana": "banana fruit",
    "cake": "dessert food",
    "pizza": "fast food",
    "carrot": "vegetable",
    "chair": "dining chair",
    "table": "dining table",
    "bed": "bed furniture",
    "sofa": "studio couch",
    "lamp": "lighting lamp",
    "clock": "wall clock",
    "cup": "drinkware cup",
    "ball": "sports ball",
    "kite": "kite toy",
    "balloon": "party balloon",
    "teddy": "stuffed toy",
    "robot": "machine robot",
    "drum": "percussion instrument",
    "guitar": "string instrument",
    "umbrella": "umbrella",
    "book": "publication book",
    "house": "residential house",
    "tent": "tent shelter",
    "castle": "medieval castle",
    "lighthouse": "tower structure",
    "windmill": "mill building",
    "man": "adult man",
    "woman": "adult woman",
    "boy": "juvenile boy",
    "girl": "juvenile girl",
    "beach": "coast",
    "street": "urban thoroughfare",
    "kitchen": "kitchen interior",
    "night": "night sky",
    "meadow": "grassland field",
    "snow": "winter",
    "harbour": "port",
    "bedroom": "bedroom interior",
}

SHOWS: Tiers = tiers(
    "a_picture_of this_picture_shows",
    "a_photo_of an_image_of here_we_see",
    "a_snapshot_of behold a_glimpse_of you_can_see the_camera_captures",
)


def _synonyms() -> dict[str, tuple[str, ...]]:
    """Every label word (kind, colour, pattern, size) with its synonyms, the plainest first."""
    found: dict[str, tuple[str, ...]] = {}
    for table in (NOUNS, COLOR_WORDS, PATTERN_WORDS, SIZE_WORDS, CLOTHES_NOUNS):
        for label, words in table.items():
            every = dict.fromkeys(word for tier in words for word in tier if word != label)
            found[label] = tuple(every) + tuple(word for word in SMALL_NOUNS.get(label, ()) if table is NOUNS)
    return found


SYNONYMS: dict[str, tuple[str, ...]] = _synonyms()
