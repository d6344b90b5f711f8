"""What things in a Storybook scene do, and how; see `lexicon` for the tiers."""

from __future__ import annotations

from vse_lessons.sources.storybook.writing.lexicons.general import Tiers, tiers

# What things do.  A verb is looked up by kind, then by family, then under "any"; "be X" gives
# the participle X and the sentence "is X".
VERBS: dict[str, dict[str, Tiers]] = {
    "running": {
        "person": tiers("run", "race jog", "sprint hurry scurry dash"),
        "horse": tiers("run gallop", "trot race", "canter"),
        "any": tiers("run", "trot race", "dash scamper scurry bound romp charge"),
    },
    "standing": {
        "person": tiers("stand", "pose wait", "linger loiter"),
        "robot": tiers("stand", "wait", "idle"),
        "any": tiers("stand", "wait rest", "linger loiter tarry"),
    },
    "jumping": {
        "person": tiers("jump jump_in_the_air", "leap hop", "bounce vault frolic"),
        "any": tiers("jump", "leap hop", "bounce spring bound"),
    },
    "sleeping": {"any": tiers("sleep", "nap rest be_asleep", "doze snooze slumber snore")},
    "flying": {
        "airplane": tiers("fly", "soar pass_by", "cruise climb"),
        "rocket": tiers("fly", "shoot_up blast_off", "zoom hurtle ascend"),
        "kite": tiers("fly", "soar float", "dance dip flap"),
        "butterfly": tiers("fly", "flutter hover", "flit waft"),
        "any": tiers("fly", "soar glide", "swoop flap wheel hover"),
    },
    "waving": {"any": tiers("wave", "wave_hello wave_a_hand", "wave_goodbye gesture beckon")},
    "sitting": {
        "person": tiers("sit", "be_seated sit_down", "relax lounge"),
        "any": tiers("sit", "rest", "perch squat"),
    },
    "parked": {"any": tiers("be_parked", "park stand wait", "be_stationed idle be_halted")},
    "moving": {
        "train": tiers("move", "roll travel", "chug rumble steam_past"),
        "any": tiers("drive", "move roll", "cruise trundle rumble chug"),
    },
    "floating": {
        "boat": tiers("float", "sail drift", "bob be_afloat"),
        "any": tiers("float", "drift hover", "hang dangle waft"),
    },
}
IDLE_VERBS: dict[str, Tiers] = {  # what a thing without an action does
    "plant": tiers("stand grow", "", "sprout thrive"),
    "building": tiers("stand", "rise", "loom tower"),
    "furniture": tiers("stand"),
    "clock": tiers("hang", "", "tick"),
    "any": tiers("lie sit", "rest", "be_left repose"),
}
ADVERBS: dict[str, Tiers] = {
    "running": tiers("quickly fast", "happily", "hastily merrily breathlessly"),
    "standing": tiers("still calmly", "quietly patiently", "motionless idly proudly"),
    "jumping": tiers("high", "happily", "exuberantly gleefully nimbly"),
    "sleeping": tiers("quietly", "peacefully soundly", "contentedly dreamily blissfully"),
    "flying": tiers("high", "gracefully", "effortlessly silently aloft"),
    "waving": tiers("happily", "excitedly cheerfully", "enthusiastically politely"),
    "sitting": tiers("quietly", "patiently", "calmly serenely"),
    "moving": tiers("slowly along", "steadily", "noisily leisurely"),
    "floating": tiers("gently", "slowly", "lazily weightlessly"),
    "parked": tiers("neatly", "", "unattended"),
}
