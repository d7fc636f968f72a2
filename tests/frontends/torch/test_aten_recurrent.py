"""Recurrent layers as loops, against PyTorch."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import couloir
from tests.frontends.torch.comparing import array, check_model, same

OPTIONS = [
    {"bidirectional": True, "num_layers": 2, "batch_first": True},
    {"bias": False},
]


def loops(module: couloir.Module) -> int:
    return sum(op.name == "stablehlo.while" for op in module.walk())


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU, nn.RNN])
def test_layers_are_loops(kind, options):
    torch.manual_seed(0)
    model = kind(3, 4, **options)
    module = check_model(model, torch.randn(5, 2, 3), terms=64)
    directions = 2 if options.get("bidirectional") else 1
    assert loops(module) == directions * options.get("num_layers", 1)


@pytest.mark.filterwarnings("ignore:LSTM with projections:UserWarning")  # PyTorch says that it has no fast one
@pytest.mark.parametrize(
    "model",
    [nn.LSTM(3, 4, proj_size=2), nn.RNN(3, 4, nonlinearity="relu"), nn.LSTM(3, 4, num_layers=2, dropout=0.5)],
    ids=["projection", "relu", "dropout"],
)
def test_variants(model):
    check_model(model, torch.randn(5, 2, 3), terms=64)


def test_states_go_in_and_come_out():
    model = nn.LSTM(3, 4)
    check_model(model, torch.randn(2, 1, 3), (torch.randn(1, 1, 4), torch.randn(1, 1, 4)), terms=64)


def test_one_sequence_without_a_batch():
    check_model(nn.GRU(3, 4), torch.randn(6, 3), terms=64)


def test_a_long_sequence_stays_small():
    short, long = (couloir.from_torch(nn.LSTM(3, 4).eval(), (torch.zeros(n, 1, 3),)) for n in (3, 300))
    assert sum(1 for _ in short.walk()) == sum(1 for _ in long.walk())


@pytest.mark.slow
def test_loops_in_c():
    torch.manual_seed(0)
    model = nn.GRU(3, 4, bidirectional=True).eval()
    x = torch.randn(5, 2, 3)
    found = couloir.compile(couloir.from_torch(model, (x,)))(array(x))
    for mine, theirs in zip(found, model(x), strict=True):
        assert not same(mine, array(theirs), 64)


def test_dropout_in_training_is_refused():
    with pytest.raises(couloir.Error, match="drops elements at random"):
        couloir.from_torch(nn.LSTM(3, 4, num_layers=2, dropout=0.5).train(), (torch.zeros(2, 1, 3),))
