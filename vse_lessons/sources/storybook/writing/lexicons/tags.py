"""A lexicon for Storybook's image-level tags: the part of general English that they lie in.

It is what WordNet says of these words, and no inverse of the voices: a test holds every line whose
words WordNet knows against WordNet.  So "hound" is no other word for a dog but a sort of dog, and many
rare words of the voices are not here at all.  The tags that WordNet lacks are put where they belong by
three rules.

- A word with its category ("kitchen interior", "banana fruit") is another name of the word.
- A sort of a thing ("havanese dog", "commercial truck") lies below it.
- A family ("ursine animal", "pome fruit") lies above it.
"""

from __future__ import annotations

from functools import lru_cache

from vse_lessons.data.wordnet import Lexicon, parse_lexicon

# lemmas of a synset < a lemma of each synset above it
SYNSETS = """
animal, creature, beast
canine < animal
dog, domestic dog < canine
havanese dog < dog
hound < dog
pooch, doggie < dog
puppy < dog
feline < animal
cat < feline
domestic cat, house cat < cat
kitty, pussycat < domestic cat
equine, equine animal < animal
horse < equine
mare < horse
pony < horse
bovine, bovine animal < animal
cattle < bovine
cow < cattle
bull < cattle
ruminant < animal
ovine ruminant < ruminant
sheep < ovine ruminant
ewe < sheep
swine < animal
pig, hog < swine
rabbit, leporid rabbit < animal
bunny < rabbit
hare < animal
ursine animal < animal
bear < ursine animal
pachyderm < animal
elephant < pachyderm
giraffe < ruminant
giraffidae
bird < animal
waterfowl, water bird < bird
duck < waterfowl
duckling < duck
bird of prey < bird
owl < bird of prey
passerine bird < bird
songbird < passerine bird
amphibian < animal
frog, toad < amphibian
bullfrog < frog
insect < animal
lepidopteran insect, lepidopteran < insect
butterfly < lepidopteran
aquatic creature < animal
sea creature < aquatic creature
fish < aquatic creature

conveyance, transport
vehicle < conveyance
motor vehicle < vehicle
car, auto, automobile, motorcar < motor vehicle
passenger car < car
sedan < car
bus, coach, omnibus < conveyance
transit bus < bus
truck < motor vehicle
commercial truck < truck
lorry < truck
van < truck
machine
farm machine < machine
tractor < vehicle
train < conveyance
locomotive, engine < vehicle
bicycle, bike, cycle < vehicle
wheel
bicycle wheel < wheel
craft < vehicle
vessel, watercraft < craft
boat < vessel
ship < vessel
sailboat < vessel
aircraft < craft
airplane, aeroplane, plane < aircraft
jet, jet plane, jet aircraft < airplane
spacecraft, space vehicle < craft
spaceship, starship < spacecraft
rocket < vehicle

plant
tree < plant
deciduous tree < tree
conifer, evergreen conifer < tree
evergreen < plant
pine, pine tree < conifer
fir, fir tree < conifer
palm, palm tree < tree
tropical palm < palm
flower, bloom, blossom
succulent, succulent plant < plant
cactus < succulent
fungus
mushroom < fungus
toadstool < fungus

food
fruit
pome fruit < fruit
apple < pome fruit
orchard fruit < fruit
pear < orchard fruit
banana, banana fruit < fruit
dessert, sweet, dessert food < food
cake < food
fast food < food
pizza, pizza pie < food
vegetable < food
carrot < vegetable

furniture
seat < furniture
chair < seat
dining chair < chair
table < furniture
dining table < table
desk < table
bed, bed furniture < furniture
sofa, couch < seat
studio couch, day bed < sofa
lamp, lighting lamp < furniture
timepiece
clock < timepiece
wall clock < clock
cup, drinkware cup
mug
book, publication book
umbrella
parasol, sunshade

toy, plaything
ball < toy
sports ball < ball
kite, kite toy < toy
balloon < toy
party balloon < balloon
stuffed toy < toy
teddy, teddy bear < stuffed toy
robot, automaton, machine robot
instrument, musical instrument
percussion instrument < instrument
drum < percussion instrument
string instrument, stringed instrument < instrument
guitar < string instrument

structure, construction
building, edifice < structure
dwelling, home
house, residential house < building, dwelling
cottage, bungalow < house
tent, tent shelter < structure
castle < building
medieval castle < castle
fortress < structure
tower, tower structure < structure
lighthouse, beacon < tower
mill, mill building < structure
windmill < mill

person, individual, someone
man, adult male, adult man < person
woman, adult female, adult woman < person
gentleman < man
guy < man
lady < woman
child, kid, youngster < person
boy, male child, juvenile boy < person
girl, female child, juvenile girl < person
lad < boy

coast, seashore
beach
thoroughfare
street < thoroughfare
urban thoroughfare < thoroughfare
avenue, boulevard < street
room
kitchen, kitchen interior < room
bedroom, bedroom interior, bedchamber < room
sky
night sky < sky
night, dark
grassland, grassland field
meadow < grassland
winter, wintertime
port
harbor, harbour, seaport < port
"""
IRREGULAR = {"children": "child", "cacti": "cactus", "fungi": "fungus"}


@lru_cache(maxsize=1)
def tag_lexicon() -> Lexicon:
    """The lexicon of Storybook's tags."""
    return parse_lexicon("Storybook's lexicon", SYNSETS, IRREGULAR)
