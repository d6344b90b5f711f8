"""Phrases of gallery prose that are not about any one thing; see `lexicon` for the tiers."""

from __future__ import annotations

from vse_lessons.sources.storybook.writing.lexicons.general import Tiers, tiers

OPENINGS: Tiers = tiers(
    "the_painting_shows the_painting_depicts",
    "the_scene_shows the_canvas_presents the_artist_has_painted",
    "the_panel_portrays we_are_shown the_picture_brings_together depicted_here_are",
)
GAZE: Tiers = tiers("shown seen", "placed depicted", "portrayed represented rendered")
STROKES: Tiers = tiers(
    "painted_in",
    "rendered_in executed_in",
    "modelled_in laid_down_in picked_out_in built_up_in_layers_of",
)
SPACE: dict[str, Tiers] = {
    "foreground": tiers("in_the_foreground", "close_to_the_viewer nearest_to_us", "at_the_lower_edge"),
    "distance": tiers("in_the_background", "in_the_distance farther_back", "far_off"),
    "left": tiers("on_the_left", "at_left to_the_left", "on_the_viewer's_left"),
    "right": tiers("on_the_right", "at_right to_the_right", "on_the_viewer's_right"),
    "centre": tiers("in_the_centre", "in_the_middle at_the_centre", "along_the_central_axis"),
}
SCENE_PROSE: dict[str, Tiers] = {
    "beach": tiers(
        "the_sea_meets_the_sand_under_a_bright_sky",
        "low_waves_reach_the_shore the_sun_stands_over_a_calm_sea",
        "foam_gathers_where_the_tide_touches_the_dunes",
    ),
    "street": tiers(
        "a_row_of_tall_facades_closes_the_street",
        "lighted_windows_look_down_on_the_road the_pavement_runs_along_the_facades",
        "the_boulevard_is_shut_in_by_tenements",
    ),
    "kitchen": tiers(
        "a_tiled_floor_fills_the_lower_part_of_the_room",
        "light_enters_through_a_window_in_the_wall a_stove_stands_by_the_wall",
        "crockery_lines_a_shelf_beside_the_window",
    ),
    "night": tiers(
        "a_crescent_moon_hangs_in_a_starry_sky",
        "stars_are_scattered_over_the_dark_hills moonlight_falls_on_the_ground",
        "the_firmament_glitters_above_silent_hills",
    ),
    "meadow": tiers(
        "gentle_hills_roll_under_a_summer_sky",
        "grass_fills_the_lower_half_of_the_canvas clouds_drift_over_the_hills",
        "a_pastoral_landscape_recedes_towards_the_horizon",
    ),
    "snow": tiers(
        "mountains_rise_behind_the_falling_snow",
        "snow_covers_the_ground_below_the_peaks flakes_fall_on_the_frozen_land",
        "the_summits_are_veiled_by_a_flurry",
    ),
    "harbour": tiers(
        "calm_water_lies_beyond_the_planks_of_the_quay",
        "cranes_can_be_made_out_across_the_harbour the_tide_laps_at_the_wooden_pier",
        "mooring_posts_line_the_edge_of_the_wharf",
    ),
    "bedroom": tiers(
        "a_curtained_window_lets_light_into_the_room",
        "a_framed_picture_hangs_on_the_wall bare_floorboards_lead_to_the_wall",
        "patterned_paper_covers_the_chamber_wall",
    ),
}
