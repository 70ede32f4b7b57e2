"""One step's gradients of each network from PyTorch, in f64: writes crates/training/tests/golden/NAME.json.

Nothing here comes from the Rust side but what both agree on: the networks, the address of a dropout stream
(ChaCha8 with the key seed, purpose, worker, step) and the formula below, which both sides compute exactly. See README.md.
"""

import gzip
import itertools
import json
import math
import re
from pathlib import Path

import numpy as np
import torch
from torch import nn

ROOT = Path(__file__).resolve().parents[2]
SEED, STEP = 2**40 + 11, 117  # of the dropout streams
DROPOUT = 4  # their purpose
DIRECTIONS = 4
# No input of a ReLU and no difference within a pooling window is nearer to 0 than this share of the root mean square,
# so that f32 takes the same branches as f64.
MARGIN = 3e-6


def mix(x):
    """The finaliser of SplitMix64."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def words(salt, purpose, count):
    """The formula: purpose 0 is θ, 1 the images, 2 the labels, 3 + k direction k."""
    start = mix(np.array([salt << 8 | purpose], np.uint64))
    return mix(start + np.arange(count, dtype=np.uint64))


def units(salt, purpose, count):
    """Multiples of 2^-19 in [-1, 1)."""
    return (words(salt, purpose, count) >> np.uint64(44)).astype(np.float64) * 2.0**-19 - 1.0


class ChaCha8:
    """The keystream of ChaCha with 8 rounds as 32-bit words: nonce 0, blocks counted from 0."""

    def __init__(self, *key):
        self.key = np.array(key, "<u8").view("<u4")
        self.drawn = 0

    def draw(self, count):
        first, last = self.drawn // 16, -(-(self.drawn + count) // 16)
        blocks = np.arange(first, last, dtype=np.uint64)
        start = np.zeros((16, last - first), np.uint32)
        start[:4] = np.frombuffer(b"expand 32-byte k", "<u4")[:, None]
        start[4:12] = self.key[:, None]
        start[12], start[13] = blocks.astype(np.uint32), (blocks >> np.uint64(32)).astype(np.uint32)
        x = start.copy()
        for _ in range(4):
            for a, b, c, d in [(0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
                               (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)]:
                for to, by, turned, bits in [(a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)]:
                    x[to] += x[by]
                    x[turned] ^= x[to]
                    x[turned] = x[turned] << np.uint32(bits) | x[turned] >> np.uint32(32 - bits)
        stream = (x + start).T.ravel()
        offset, self.drawn = self.drawn - 16 * first, self.drawn + count
        return stream[offset:offset + count]


# The value that crates/data/src/rng.rs tests, too.
assert ChaCha8(1, 2, 7, 120).draw(2).astype("<u4").view("<u8")[0] == 0xAD23CD720673464D


class Dropout(nn.Module):
    """Dropout whose mask comes from the worker's stream; draws go by sample, channel, pixel."""

    stream = None

    def __init__(self, probability):
        super().__init__()
        self.probability = probability

    def forward(self, x):
        if not self.training:
            return x
        uniform = (self.stream.draw(x.numel()) >> np.uint32(8)) * 2.0**-24
        survives = torch.from_numpy(uniform >= self.probability).view(x.shape)
        return x * survives / (1.0 - self.probability)


def networks():
    """Name, shape of an image, layers, workers, samples of each."""
    def normed(inputs, outputs):
        return [nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU(), nn.BatchNorm2d(outputs)]

    pool = [nn.MaxPool2d(2), Dropout(0.25)]
    yield "cnn-mnist", (1, 28, 28), [
        nn.Conv2d(1, 20, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(20, 50, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(800, 500), nn.ReLU(), nn.Linear(500, 10),
    ], 3, 4
    yield "cnn-cifar", (3, 32, 32), [
        *normed(3, 64), *normed(64, 64), *pool,
        *normed(64, 128), *normed(128, 128), *pool,
        nn.Flatten(), nn.Linear(8192, 128), nn.ReLU(), Dropout(0.25), nn.Linear(128, 10),
    ], 3, 2
    yield "mlp-digits", (1, 8, 8), [nn.Flatten(), nn.Linear(64, 50), nn.ReLU(), nn.Linear(50, 10)], 3, 4
    # None of the paper's: evaluation with batch normalisation, on images that the Rust side has.
    yield "cnn-digits", (1, 8, 8), [*normed(1, 6), *normed(6, 8), *pool, nn.Flatten(), nn.Linear(128, 10)], 3, 3


def parameters(network):
    """Each tensor of θ in PyTorch's order: name, length, and the range centre ± spread, about the default initialisation's."""
    for prefix, layer in network.named_children():
        for name, tensor in layer.named_parameters():
            if isinstance(layer, nn.BatchNorm2d):
                centre, spread = (1.0 if name == "weight" else 0.0), 0.5
            else:
                centre, spread = 0.0, 2.0 ** round(-0.5 * math.log2(layer.weight[0].numel()))
            yield {"name": f"{prefix}.{name}", "len": tensor.numel(), "centre": centre, "spread": spread}


def fill(network, tensors, salt):
    start, unit = 0, units(salt, 0, sum(tensor["len"] for tensor in tensors))
    for tensor, parameter in zip(tensors, network.parameters(), strict=True):
        values = tensor["centre"] + tensor["spread"] * unit[start:start + tensor["len"]]
        assert (values == values.astype(np.float32)).all()
        parameter.data = torch.from_numpy(values).view(parameter.shape)
        start += tensor["len"]
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.double().reset_running_stats()


def margin(network, x):
    """Runs the network; also returns how near it comes to another branch."""
    nearest = math.inf
    for layer in network:
        scale = x.detach().square().mean().sqrt()
        if isinstance(layer, nn.ReLU):
            nearest = min(nearest, (x.detach().abs().min() / scale).item())
        if isinstance(layer, nn.MaxPool2d):
            windows = nn.functional.unfold(x.detach().flatten(0, 1)[:, None], 2, stride=2).transpose(1, 2)
            first, second = windows.topk(2).values.unbind(-1)
            gaps = first - second
            # Equal ones are what a ReLU made 0: no gradient reaches them.
            nearest = min(nearest, (gaps[gaps > 0].min() / scale).item())
        x = layer(x)
    return x, nearest


def measure(salt, gradients):
    """Per tensor: its norm, then its product with each direction of ±1."""
    flat = torch.cat([gradient.flatten() for gradient in gradients]).numpy()
    signs = [1.0 - 2.0 * (words(salt, 3 + k, flat.size) >> np.uint64(63)) for k in range(DIRECTIONS)]
    numbers, start = [], 0
    for gradient in gradients:
        part = slice(start, start := start + gradient.numel())
        numbers.append([np.linalg.norm(flat[part]), *(flat[part] @ sign[part] for sign in signs)])
    return numbers


def evaluate(network, count):
    """Mean loss and number of correct predictions on the first test samples of the digits, in eval mode."""
    rows = np.loadtxt(gzip.open(ROOT / "crates/data/assets/digits.csv.gz"), delimiter=",", dtype=np.int64)
    rows = rows[1437:1437 + count]
    mean, std = np.float32(0.3053861), np.float32(0.3755071)
    images = (rows[:, :64].astype(np.float32) / np.float32(16) - mean) / std
    labels = torch.from_numpy(rows[:, 64])
    with torch.no_grad():
        logits = network.eval()(torch.from_numpy(images).double().view(-1, 1, 8, 8))
    loss = nn.functional.cross_entropy(logits, labels).item()
    return {"count": count, "loss": loss, "correct": (logits.argmax(1) == labels).sum().item()}


def step(salt, shape, layers, workers, size):
    """What Rust compares with, or None where a branch is too near."""
    network = nn.Sequential(*layers).train()
    tensors = list(parameters(network))
    fill(network, tensors, salt)
    pixels = math.prod(shape)
    images = torch.from_numpy(units(salt, 1, workers * size * pixels)).view(workers, size, *shape)
    labels = torch.from_numpy((words(salt, 2, workers * size) % np.uint64(10)).astype(np.int64)).view(workers, size)
    losses, rows, flipped, nearest = [], [], 0, math.inf
    for worker in range(workers):
        Dropout.stream = ChaCha8(SEED, DROPOUT, worker, STEP)
        logits, near = margin(network, images[worker])
        nearest = min(nearest, near)
        if nearest < MARGIN:
            return None
        loss = nn.functional.cross_entropy(logits, labels[worker])
        other = nn.functional.cross_entropy(logits, 9 - labels[worker])
        weights = list(network.parameters())
        losses.append(loss.item())
        rows.append(torch.autograd.grad(loss, weights, retain_graph=True))
        gradient = torch.cat([part.flatten() for part in torch.autograd.grad(other, weights)])
        flipped = flipped + gradient / workers
    flipped = flipped.split([tensor["len"] for tensor in tensors])
    norms = [layer for layer in network if isinstance(layer, nn.BatchNorm2d)]
    return {
        "torch": torch.__version__, "salt": salt, "margin": nearest,
        "workers": workers, "size": size, "seed": SEED, "step": STEP, "directions": DIRECTIONS,
        "tensors": tensors, "losses": losses,
        "gradients": [measure(salt, row) for row in rows],
        "flipped": measure(salt, flipped),
        "running_statistics": [x for norm in norms for x in [*norm.running_mean.tolist(), *norm.running_var.tolist()]],
        "evaluation": evaluate(network, 60) if shape == (1, 8, 8) else None,
    }


def text(golden):
    """JSON with 12 digits, a list of numbers or a tensor a line."""
    rounded = json.loads(json.dumps(golden), parse_float=lambda number: float(f"{float(number):.12g}"))
    pretty = json.dumps(rounded, indent=1)
    return re.sub(r"([\[{])\s+([^\[\]{}]*?)\s+([\]}])", lambda m: m[1] + " ".join(m[2].split()) + m[3], pretty) + "\n"


def main():
    torch.set_num_threads(1)
    for name, *network in networks():
        golden = next(filter(None, (step(salt, *network) for salt in itertools.count(1))))
        path = ROOT / f"crates/training/tests/golden/{name}.json"
        path.write_text(text(golden))
        print(f"{name}: salt {golden['salt']}, margin {golden['margin']:.1e}, {path.stat().st_size} bytes")


main()
