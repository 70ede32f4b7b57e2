"""Training steps side by side with ByzFL, and gradients with PyTorch: same model, data and settings, alternating.

Usage: bench_step.py PEER_STEP_BINARY DATA [--threads 1,2] [--repetitions 7]
DATA holds MNIST's four files, compressed or not. Prints Markdown tables. Run it through `run.sh`.
"""

import argparse
import gzip
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

HONEST, F, BATCH = 10, 3, 25
RATE, MOMENTUM, DECAY = 0.1, 0.9, 1e-4

parser = argparse.ArgumentParser()
parser.add_argument("binary")
parser.add_argument("data", type=pathlib.Path)
parser.add_argument("--threads", default="1,2")
parser.add_argument("--repetitions", type=int, default=7)
args = parser.parse_args()

if "," in args.threads:  # one process per number of threads: torch and OpenMP fix theirs at the start
    for threads in args.threads.split(","):
        command = [sys.executable, __file__, args.binary, str(args.data), "--threads", threads]
        subprocess.run([*command, "--repetitions", str(args.repetitions)], check=True)
    sys.exit()

threads = int(args.threads)
for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = str(threads)
os.environ["RAYON_NUM_THREADS"] = "1"  # ours: one thread a run, as many runs as threads

import numpy  # noqa: E402
import torch  # noqa: E402

torch.set_num_threads(threads)
from byzfl import ByzantineClient, Client, Server  # noqa: E402


def idx(name, header):
    for path in (args.data / "mnist" / name, args.data / name):
        for path, read in ((path, open), (path.with_name(name + ".gz"), gzip.open)):
            if path.exists():
                with read(path, "rb") as file:
                    return torch.from_numpy(numpy.frombuffer(file.read()[header:], numpy.uint8).copy())
    sys.exit(f"{name} isn't in {args.data}")


images = (idx("train-images-idx3-ubyte", 16).view(-1, 1, 28, 28).float() / 255 - 0.1307) / 0.3081
labels = idx("train-labels-idx1-ubyte", 8).long()
parts = torch.argsort(labels, stable=True).chunk(HONEST)  # extreme heterogeneity


def loader(part):
    dataset = torch.utils.data.TensorDataset(images[part], labels[part])
    return torch.utils.data.DataLoader(dataset, batch_size=BATCH, shuffle=True)


class ByzFL:
    """One step after the other, as `byzfl.benchmark.train` does it."""

    def __init__(self, attack, parameters):
        stages = [{"name": "ARC", "parameters": {"f": F}}, {"name": "NNM", "parameters": {"f": F}}]
        rule = {"name": "TrMean", "parameters": {"f": F}}
        model = {"model_name": "cnn_mnist", "device": "cpu", "optimizer_name": "SGD", "learning_rate": RATE,
                 "weight_decay": DECAY, "milestones": [], "learning_rate_decay": 1.0}
        self.flipping = attack == "LabelFlipping"
        client = {**model, "loss_name": "NLLLoss", "LabelFlipping": self.flipping, "momentum": MOMENTUM,
                  "nb_labels": 10, "store_per_client_metrics": False}
        self.clients = [Client({**client, "training_dataloader": loader(part)}) for part in parts]
        evaluation = {"validation_loader": None, "test_loader": loader(parts[0])}
        self.server = Server({**model, **evaluation, "aggregator_info": rule, "pre_agg_list": stages})
        parameters = {**parameters, "aggregator_info": rule, "pre_agg_list": stages, "f": F}
        self.attack = ByzantineClient({"name": attack, "f": F, "parameters": parameters})
        self.broadcast()

    def broadcast(self):
        state = self.server.get_dict_parameters()
        for client in self.clients:
            client.set_model_state(state)

    def __call__(self):
        start = time.perf_counter()
        for client in self.clients:
            client.compute_gradients()
        honest = [client.get_flat_gradients_with_momentum() for client in self.clients]
        flipped = [client.get_flat_flipped_gradients() for client in self.clients] if self.flipping else honest
        gradients = time.perf_counter()
        byzantine = self.attack.apply_attack(flipped)
        attack = time.perf_counter()
        aggregate = self.server.aggregate(honest + byzantine)
        aggregation = time.perf_counter()
        self.server.set_gradients(aggregate)
        self.server._step()
        self.broadcast()
        end = time.perf_counter()
        return [gradients - start, attack - gradients, aggregation - attack, end - aggregation]


class Ours:
    """A process that does a step per line."""

    def __init__(self, attack, parameters, seed):
        spec = {
            "dataset": "mnist", "train_samples": None, "test_samples": None, "partition": {"scheme": "extreme"},
            "honest": HONEST, "f": F, "pipeline": "arc,nnm,cwtm", "pipeline_params": {},
            "attack": attack, "attack_params": parameters, "model": "cnn-mnist", "init_scale": 1.0, "batch": BATCH,
            "steps": 1000, "learning_rate": RATE, "learning_rate_milestones": [], "learning_rate_factor": 1.0,
            "momentum": MOMENTUM, "weight_decay": DECAY, "weight_decay_at": "server", "evaluate_every": 1000,
            "seed": seed, "device": "flex",
        }
        with tempfile.NamedTemporaryFile("w", suffix=".json", delete=False) as file:
            json.dump(spec, file)
        command = [args.binary, file.name, str(args.data)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.begin()
        self.end()
        os.unlink(file.name)

    def begin(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def end(self):
        return [float(ms) * 1e-3 for ms in self.process.stdout.readline().split()]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def together(runs):
    """One step of every run at once: the slowest one's phases."""
    for run in runs:
        run.begin()
    return max((run.end() for run in runs), key=sum)


def milliseconds(samples):
    phases = [statistics.median(phase) * 1e3 for phase in zip(*samples)]
    return [*phases, statistics.median(map(sum, samples)) * 1e3]


print(f"\n{threads} thread(s); ms a step; ours: {threads} run(s) at once, the ratio is that of steps per second\n")
print("| attack | who | gradients | attack | aggregation | update | step | steps/s | ratio |")
print("|---|---|---:|---:|---:|---:|---:|---:|---:|")
for name, theirs, mine in (
    ("SF", ("SignFlipping", {}), ("sf", {})),
    ("LF", ("LabelFlipping", {}), ("lf", {})),
    ("FOE, τ optimal", ("Optimal_InnerProductManipulation", {}), ("foe", {"tau": "optimal"})),
):
    torch.manual_seed(0)
    peer, ours = ByzFL(*theirs), [Ours(*mine, seed) for seed in range(threads)]
    peer()
    samples = {"ByzFL": [], "ours": []}
    for _ in range(args.repetitions):
        samples["ByzFL"].append(peer())
        samples["ours"].append(together(ours))
    for run in ours:
        run.close()
    rates = {}
    for who, runs in (("ByzFL", 1), ("ours", threads)):
        ms = milliseconds(samples[who])
        rates[who] = runs * 1e3 / ms[-1]
        ratio = f"{rates[who] / rates['ByzFL']:.1f}×" if who == "ours" else ""
        cells = " | ".join(f"{value:.1f}" for value in ms)
        print(f"| {name} | {who} | {cells} | {rates[who]:.1f} | {ratio} |", flush=True)


def gradients():
    """The honest gradients alone: ours, a PyTorch loop over the workers, and torch.func.vmap."""
    from byzfl.fed_framework.models import cnn_mnist
    from torch.func import functional_call, grad, vmap

    model = cnn_mnist()
    d = sum(parameter.numel() for parameter in model.parameters())
    x = torch.stack([images[part[:BATCH]] for part in parts])
    y = torch.stack([labels[part[:BATCH]] for part in parts])
    rows = torch.zeros(HONEST, d)

    def loop():
        for worker in range(HONEST):
            model.zero_grad()
            torch.nn.functional.nll_loss(model(x[worker]), y[worker]).backward()
            torch.cat([parameter.grad.view(-1) for parameter in model.parameters()], out=rows[worker])

    parameters = {name: value.detach() for name, value in model.named_parameters()}

    def loss(parameters, x, y):
        return torch.nn.functional.nll_loss(functional_call(model, parameters, (x,)), y)

    batched = vmap(grad(loss), in_dims=(None, 0, 0))

    def cohort():
        torch.cat([value.view(HONEST, -1) for value in batched(parameters, x, y).values()], dim=1, out=rows)

    def timed(call):
        start = time.perf_counter()
        call()
        return time.perf_counter() - start

    ours = [Ours("sf", {}, seed) for seed in range(threads)]
    samples = {"PyTorch, worker by worker": [], "torch.func.vmap": [], "ours, with momentum": []}
    for call in (loop, cohort):
        call()
    for _ in range(args.repetitions):
        samples["PyTorch, worker by worker"].append(timed(loop))
        samples["torch.func.vmap"].append(timed(cohort))
        samples["ours, with momentum"].append(together(ours)[0])
    for run in ours:
        run.close()
    print("\n| gradients of ten workers | ms | per second | ratio to ours |\n|---|---:|---:|---:|")
    mine = threads / statistics.median(samples["ours, with momentum"])
    for who, times in samples.items():
        ms = statistics.median(times) * 1e3
        rate = (threads if who.startswith("ours") else 1) * 1e3 / ms
        print(f"| {who} | {ms:.1f} | {rate:.1f} | {mine / rate:.2f}× |", flush=True)


gradients()
