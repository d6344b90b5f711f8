"""Where things are in a Storybook scene, and what its settings are called; see `lexicon`."""

from __future__ import annotations

from vse_lessons.sources.storybook.writing.lexicons.general import Tiers, tiers

# Where things are: `at` anywhere in the setting, `on` on its ground, `along` while moving
# over the ground, `over` in its air.
PLACES: dict[str, dict[str, Tiers]] = {
    "beach": {
        "at": tiers(
            "at_the_beach by_the_sea",
            "at_the_seaside on_the_coast by_the_ocean",
            "by_the_seashore near_the_surf",
        ),
        "on": tiers(
            "on_the_beach on_the_sand",
            "on_a_sandy_beach on_the_shore",
            "on_the_sandy_ground ashore",
        ),
        "along": tiers("along_the_beach on_the_sand", "across_the_sand along_the_shore", "over_the_dunes"),
        "over": tiers("over_the_beach in_the_sky", "above_the_sand", "above_the_shoreline"),
    },
    "street": {
        "at": tiers("in_the_street in_the_city", "in_town outside", "in_an_urban_area downtown"),
        "on": tiers("on_the_street on_the_road", "on_the_pavement in_the_road", "on_the_asphalt roadside"),
        "along": tiers(
            "down_the_street along_the_road", "through_town", "down_the_avenue along_the_boulevard"
        ),
        "over": tiers("over_the_street in_the_air", "above_the_road", "over_the_city"),
    },
    "kitchen": {
        "at": tiers("in_the_kitchen in_a_kitchen", "indoors inside", "in_somebody's_kitchen in_a_tiled_room"),
        "on": tiers("in_the_kitchen on_the_kitchen_floor", "on_the_floor", "on_the_kitchen_tiles"),
        "along": tiers("through_the_kitchen", "across_the_floor", "across_the_kitchen_tiles"),
        "over": tiers("in_the_kitchen", "in_the_air", "near_the_kitchen_ceiling"),
    },
    "night": {
        "at": tiers(
            "at_night under_the_stars",
            "in_the_dark under_the_moon after_dark",
            "beneath_a_starry_sky at_midnight in_the_moonlight",
        ),
        "on": tiers("at_night in_the_dark", "outside_at_night", "on_the_shadowy_ground"),
        "along": tiers("through_the_night in_the_dark", "at_night", "through_the_gloom"),
        "over": tiers("in_the_night_sky", "under_the_stars at_night", "among_the_constellations"),
    },
    "meadow": {
        "at": tiers("in_a_field in_a_meadow", "outdoors in_the_countryside", "in_a_pasture in_a_rural_spot"),
        "on": tiers(
            "in_the_grass on_the_grass",
            "in_a_grassy_field on_the_lawn",
            "on_the_grassland in_the_pasture",
        ),
        "along": tiers("through_the_grass across_a_field", "through_a_meadow", "across_the_countryside"),
        "over": tiers("over_a_field in_the_sky", "above_the_grass", "above_the_pasture"),
    },
    "snow": {
        "at": tiers(
            "in_the_snow in_winter",
            "on_a_snowy_day in_the_mountains in_falling_snow",
            "in_a_wintry_landscape during_a_cold_snap",
        ),
        "on": tiers(
            "in_the_snow on_the_snow",
            "on_snowy_ground on_a_snow-covered_field",
            "on_the_frozen_ground",
        ),
        "along": tiers(
            "through_the_snow", "across_the_snow over_snowy_ground", "through_the_frosty_landscape"
        ),
        "over": tiers("over_the_snow in_the_sky", "in_the_winter_air", "over_the_snowfield"),
    },
    "harbour": {
        "at": tiers(
            "at_the_harbor by_the_water",
            "at_the_harbour by_the_docks",
            "at_the_port beside_the_marina",
        ),
        "on": tiers(
            "at_the_harbor by_the_water",
            "at_the_dock on_the_pier",
            "on_the_quay along_the_waterfront",
        ),
        "along": tiers("along_the_harbor by_the_water", "along_the_dock", "along_the_quayside"),
        "over": tiers("over_the_harbor in_the_sky", "above_the_water", "above_the_marina"),
    },
    "bedroom": {
        "at": tiers("in_the_bedroom in_a_bedroom", "indoors inside", "in_a_bedchamber in_somebody's_room"),
        "on": tiers("in_the_bedroom on_the_floor", "on_the_bedroom_floor in_a_room", "on_the_floorboards"),
        "along": tiers("through_the_bedroom", "across_the_room", "across_the_floorboards"),
        "over": tiers("in_the_bedroom", "in_the_air", "near_the_ceiling"),
    },
}
AFLOAT_PLACES: dict[str, Tiers] = {
    "boat": tiers("on_the_water", "on_the_waves", "across_the_bay"),
    "fish": tiers("in_the_water", "out_of_the_water", "in_the_waves"),
}
ON_WALL: Tiers = tiers("on_the_wall", "", "high_on_the_wall")

SCENERY: dict[str, Tiers] = {
    "beach": tiers("a_beach_scene", "a_sandy_beach", "a_seaside_view a_strip_of_sand"),
    "street": tiers("a_street_scene", "a_city_street", "a_paved_road an_urban_view"),
    "kitchen": tiers("a_kitchen", "the_inside_of_a_kitchen", "a_homely_kitchen"),
    "night": tiers("a_night_scene", "a_starry_night", "a_nocturnal_scene a_starlit_evening"),
    "meadow": tiers("a_grassy_field", "a_meadow", "a_rural_landscape a_patch_of_grass"),
    "snow": tiers("a_snowy_scene", "a_winter_landscape snowy_ground", "a_snowfield a_frosty_day"),
    "harbour": tiers("a_harbor", "a_harbor_scene a_dock", "a_waterfront_view a_seaport"),
    "bedroom": tiers("a_bedroom", "the_inside_of_a_room", "a_cosy_bedchamber"),
}

RELATION_WORDS: dict[str, Tiers] = {
    "left of": tiers("to_the_left_of", "on_the_left_of left_of", "on_the_left-hand_side_of"),
    "right of": tiers("to_the_right_of", "on_the_right_of right_of", "on_the_right-hand_side_of"),
    "near": tiers("next_to near beside", "by close_to", "alongside not_far_from in_the_vicinity_of"),
    "on": tiers("on on_top_of", "on_top_of", "atop upon"),
    "holding": tiers("holding with", "carrying", "clutching gripping grasping"),
    "above": tiers("above over", "high_above", "right_above"),
    "below": tiers("under below", "beneath underneath", "right_below"),
    "behind": tiers("behind", "in_back_of", "to_the_rear_of"),
    "in front of": tiers("in_front_of", "before", "ahead_of"),
}
