"""The invented art history behind Storybook's paintings.

Makers, collectors, cities and galleries are made up.  `{...}` in a template is filled by
`pages.py`; `{lure}` names something that need not be in the painting at all.
"""

from __future__ import annotations

FIRST_NAMES = (
    "Anselm",
    "Odile",
    "Tavian",
    "Berthe",
    "Corwin",
    "Lisbet",
    "Emeric",
    "Fenna",
    "Gaspard",
    "Hesper",
    "Ilario",
    "Jorunn",
    "Kaspian",
    "Leocadia",
    "Maarten",
    "Nerissa",
    "Osric",
    "Philippa",
    "Quirin",
    "Rosalba",
    "Severin",
    "Thessaly",
    "Ulric",
    "Valdis",
    "Wenzel",
    "Ysolde",
    "Zeno",
)
SURNAMES = (
    "Varrow",
    "Brenvik",
    "Talloway",
    "Quillonet",
    "Mareskine",
    "Dovrellan",
    "Halbrecken",
    "Ferranotti",
    "Lindqvarn",
    "Orsolano",
    "Pellicant",
    "Rosquinel",
    "Sablierre",
    "Tromholt",
    "Undervale",
    "Vasconcera",
    "Wickerling",
    "Yarrowby",
    "Zandermeer",
    "Abelsund",
    "Bucklethorn",
    "Castellume",
    "Drummelzer",
    "Eskevoort",
    "Fawnhope",
    "Grunewald-Ash",
    "Hollisande",
)
CITIES = (
    "Port Velden",
    "Asterholm",
    "Monteluna",
    "Kessburg",
    "Old Farrow",
    "Lowenmark",
    "Saltmere",
    "Vierbrugge",
    "Castel Orino",
    "Thornaby-on-Lake",
    "Belcastre",
    "Nordhagen-sur-Mer",
    "Ostermund",
    "Quintavalle",
    "Rivermouth",
    "Hollowfield",
    "Santa Perdita",
    "Zwartewal",
)
GALLERIES = (
    "{city} Museum of Fine Arts",
    "{city} Picture Gallery",
    "{surname} Collection",
    "Royal Gallery of {city}",
    "{city} City Museum",
    "{surname} Foundation",
    "{city} Academy",
    "National Museum in {city}",
    "House of Art in {city}",
    "{surname} Memorial Gallery",
)
SCHOOLS = (
    "the Kessburg school",
    "the Lake Painters",
    "the New Plain Style",
    "Harbour Realism",
    "the Velden Circle",
    "late Tessellism",
    "the Blue Room group",
    "the Candle Painters",
    "Orinese classicism",
    "the Society of Quiet Pictures",
)
MEDIA = (
    "an oil painting on canvas",
    "a tempera panel",
    "an oil on panel",
    "a watercolour",
    "a gouache on paper",
    "an oil painting",
    "a distemper on linen",
    "a small oil on copper",
)
PATRONS = (
    "a grain merchant",
    "the widow of a shipowner",
    "a retired judge",
    "the guild of dyers",
    "a collector of clocks",
    "an opera singer",
    "the keeper of the royal stables",
    "a bookseller",
    "a wealthy horse breeder",
    "the mayor",
    "a circle of friends of the artist",
    "a botanist",
)
LURES = (
    "a sleeping dog",
    "two white horses",
    "a red umbrella",
    "a man in a black coat",
    "a girl with a kite",
    "a lighthouse in the snow",
    "a blue boat",
    "three pears on a table",
    "a woman in a yellow dress",
    "a green parrot",
    "a castle by the sea",
    "an old windmill",
    "a cat beside a lamp",
    "a bowl of apples",
    "a boy with a drum",
    "a night sky over a harbour",
    "a second figure at the window",
    "a striped tent",
    "a brown cow in a meadow",
    "a bunch of roses",
)

FIRST_SENTENCES = (
    "{title} is {medium} made in {year} by {maker}, and it is now kept in the {seat}.",
    "{title} is {medium} by the painter {maker}, begun in the spring of {year} and completed before "
    "the end of the same year.",
    "{title} ({year}) is {medium} by {maker}, a member of {school}, in the collection of the {owner}.",
    "Painted in {year}, {title} is one of the best known works of {maker}, who lived and "
    "worked in {home} at the time.",
    "{title} is the name given to {medium} that {maker} finished in {home} in the summer of "
    "{year}, after two years of preparation.",
)
CONTEXT = (
    "The picture was bought in {later} by {patron}, who kept it in {city} for more than twenty "
    "years before it passed to the {owner}.",
    "It was first shown in {city} in {soon}, where it was hung beside a larger work with {lure} "
    "by the same hand.",
    "It is signed and dated {year} at the lower left, in letters so small that they were not "
    "noticed until {recent}.",
    "{maker} was born in {home} and learned to paint in the workshop of {other}, whose manner is "
    "still felt in the handling of the light.",
    "An inventory of {later} lists it as a copy, and only in {recent} did {scholar} recognise "
    "the hand of {surname}.",
    "It was cleaned in {recent}, when a layer of yellow varnish was removed and the original "
    "colours came to light again.",
    "An X-ray taken in {recent} revealed {lure} beneath the present surface, which the painter had "
    "scraped away.",
    "The painting is part of a series of {number} pictures, of which only {fewer} have survived.",
    "Critics of the time were divided: one found it cold, and another praised it above everything "
    "that {surname} had done before.",
    "{scholar} has compared it with a drawing of {lure} in the {gallery}.",
    "The commission came from {patron} in {city}, who paid {coins} silver marks and asked for "
    "nothing to be changed.",
    "During the flood of {later} the canvas was carried to the attic of the town hall and was "
    "forgotten there until {recent}.",
    "{surname} returned to the subject three times, and the version in {other_city} is the smallest of them.",
    "It was sold at auction in {recent} for a price that surprised even the seller, and it has "
    "belonged to the {owner} ever since.",
    "The frame, which is original, was carved by {other}, who also made the altar of the church in {city}.",
    "It was stolen in {recent} and was recovered {number} months later in {other_city}, rolled up "
    "inside a carpet but hardly damaged.",
    "The {owner} acquired the painting in {recent} as a gift of the heirs of {scholar}.",
    "According to a letter of {year}, the artist worked on it for {number} months, mostly in the "
    "evening and by the light of a single lamp.",
    "A preparatory sketch, now in the {gallery}, has {lure} instead and is thought to be earlier by "
    "several months.",
    "Its title is not the painter's own; it was given by a dealer in {city} around {later}.",
    "The work belongs to the years that {surname} spent in {city}, long before critics began "
    "to speak of {school}.",
    "Since {recent} it has been on loan to the {gallery}, while the rooms of the {owner} are being rebuilt.",
    "The pigments were analysed in {recent}, and the blue proved to be of a kind that was not sold "
    "before {year}.",
    "{other}, who shared a studio with {surname}, painted {lure} in the same year and on the same "
    "kind of cloth.",
    "In {later} the poet {scholar} wrote {number} verses about it, which schoolchildren in {city} "
    "still learn by heart.",
    "The museum's catalogue of {recent} calls it a turning point in the art of {surname}, though "
    "it gives no reason.",
    "A label on the back bears the number {coins} and the seal of {patron}, which helped to trace its "
    "earlier history.",
    "Scholars disagree about the date: {scholar} puts it before {year}, while the archive of the "
    "{owner} points to {soon}.",
    "The picture did not leave {place} until {recent}, when it travelled to an exhibition about {school}.",
    "Little is known about the first owner, except that {surname} also painted {lure} for the same "
    "house in {city}.",
    "It was reproduced on a postage stamp in {recent} to mark the anniversary of the death of {surname}.",
    "Together with its pendant, which shows {lure}, it hung for decades in the dining room of {patron}.",
    "The painter {other} admired the work and kept a small copy of it above the bed, as a visitor "
    "reported in {later}.",
    "The influence of {other} can be seen in the treatment of the space, a debt which {surname} "
    "never admitted.",
    "Since {recent} it has been shown in the red room on the second floor of the {owner}.",
    "{maker} died in {other_city} {number} years after the picture was finished, poor and almost unknown.",
    "It is said that the artist traded it for a winter coat and {coins} candles, but no document "
    "supports the story.",
)
VERSIONS = (
    "In the version of {soon}",
    "In the version in {city}",
    "In the version for {patron}",
    "In the larger version",
    "In the later version",
    "In the signed version",
    "In another version",
    "In the best known version",
)
NUMBERS = ("three", "four", "five", "six", "seven", "eight", "nine", "eleven", "twelve")
COINS = ("forty", "sixty", "ninety", "two hundred", "thirty-five", "eighty-two", "seventeen")

TITLES = (
    "{Place} with {Things}",
    "{Things} in {Place}",
    "The {Noun}",
    "Study of {Things}",
    "{Things}",
    "The {Colored}",
    "{Place}, Morning",
    "Composition with {Things}",
    "{Things} near {City}",
    "Memory of {City}",
)
TITLE_PLACES = {
    "beach": ("Beach", "Seashore", "Coast"),
    "street": ("Street", "Town Road", "Avenue"),
    "kitchen": ("Kitchen", "Scullery"),
    "night": ("Nocturne", "Night", "Starlight"),
    "meadow": ("Meadow", "Pasture", "Field"),
    "snow": ("Winter", "Snow", "Winter Landscape"),
    "harbour": ("Harbour", "Quay", "Port"),
    "bedroom": ("Interior", "Bedroom", "Chamber"),
}
