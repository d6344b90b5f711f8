"""Every paper's hyper-parameters come by the same names."""

import pytest

from vse_lessons.blocks.similarity import CrossAttention
from vse_lessons.common.files import DataError
from vse_lessons.models.a3vse import A3VSEConfig
from vse_lessons.models.artpedia import ArtpediaConfig
from vse_lessons.models.baselines.dan import DANConfig
from vse_lessons.models.baselines.dpc import DPCConfig
from vse_lessons.models.baselines.linear import LinearConfig
from vse_lessons.models.baselines.scan import SCANConfig
from vse_lessons.models.baselines.vsepp import VSEPPConfig

CONFIGS = (A3VSEConfig, ArtpediaConfig, DANConfig, DPCConfig, LinearConfig, SCANConfig, VSEPPConfig)


@pytest.mark.parametrize("config", CONFIGS)
def test_presets(config):
    for name in ("smoke", "lesson", "paper"):
        assert config.preset(name) == getattr(config, name)()
    photographs = getattr(config, "photographs", config.lesson)()
    assert config.preset("lesson", "flickr8k") == photographs
    assert config.preset("paper", "flickr8k") == config.paper()
    assert config.preset("lesson", "storybook-art") == config.lesson()
    with pytest.raises(DataError, match="unknown preset 'poster'"):
        config.preset("poster")
    with pytest.raises(DataError, match="unknown preset 'photographs'"):
        config.preset("photographs")


def test_the_published_scan_averages_over_words():
    assert SCANConfig.preset("paper").attention == CrossAttention(9.0, "mean")
