"""Runs cells of an experiment with ByzFL, the authors' library, and with this program, and compares.

Both train on the same files with the same settings, read from the same experiment file; they share
no random numbers, so only the distributions over seeds can agree. Per cell: mean and deviation of
the maximal test accuracy over the evaluations, and Welch's two-sample t-test.

Every finished ByzFL run is kept below results/crosscheck/, so the same command goes on where it was.
"""

import argparse
import csv
import gzip
import hashlib
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import time

import numpy as np
import torch
import yaml
from byzfl import ByzantineClient, Client, DataDistributor, Server
from scipy.stats import ttest_ind
from torch.utils.data import DataLoader, TensorDataset

RULES = {
    "mean": "Average", "cwtm": "TrMean", "cwmed": "Median", "gm": "GeometricMedian", "mk": "MultiKrum", "krum": "Krum",
    "nnm": "NNM", "arc": "ARC", "clip": "Clipping",
}
ATTACKS = {
    "none": "NoAttack", "sf": "SignFlipping", "lf": "LabelFlipping",
    "foe": "Optimal_InnerProductManipulation", "alie": "Optimal_ALittleIsEnough",
}
# Mean and deviation of the pixels, which normalise them, and whether training images are flipped at random
# (docs/paper.md, section 6).
DATASETS = {"mnist": (0.1307, 0.3081, False), "fashion-mnist": (0, 1, True)}
PARTITIONS = {"iid": "iid", "extreme": "extreme_niid", "dirichlet": "dirichlet_niid"}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repro", required=True, help="this project's program")
    parser.add_argument("--data", type=pathlib.Path, default=os.environ.get("ROBUST_DATA_DIR", "data"))
    parser.add_argument("--experiment", type=pathlib.Path, default="experiments/fig1.yaml")
    parser.add_argument("--seeds", type=lambda text: [int(seed) for seed in text.split(",")], default=[1, 2, 3, 4, 5])
    parser.add_argument("--steps", type=int, help="instead of the experiment's")
    parser.add_argument("--test-samples", type=int, help="only the first so many; instead of the experiment's")
    parser.add_argument("--only", default="", help="cells whose name has this, such as 'arc' or 'attack sf'")
    parser.add_argument("--jobs", type=int, default=1, help="of this program; ByzFL runs on one thread")
    parser.add_argument("--out", type=pathlib.Path, help="a Markdown file for the table; else standard output")
    return parser.parse_args()


def experiment(args):
    """The experiment file with the arguments over it, and its cells."""
    settings = yaml.safe_load(args.experiment.read_text())
    settings["steps"] = args.steps or settings["steps"]
    settings["test_samples"] = args.test_samples or settings.get("test_samples")
    settings["optimiser"]["weight_decay"] = float(settings["optimiser"]["weight_decay"])
    cells = []
    if settings.get("dsgd"):
        for partition in settings["partitions"]:
            cells.append({"partition": partition, "f": 0, "stages": "mean", "params": {}, "attack": "none"})
    many = lambda value: value if isinstance(value, list) else [value]
    named = lambda item, key: item if isinstance(item, dict) else {key: item}
    for partition in settings["partitions"]:
        for f in many(settings["f"]):
            for pipeline in map(lambda item: named(item, "stages"), settings["pipelines"]):
                for attack in map(lambda item: named(item, "name"), settings["attacks"]):
                    if attack["name"] not in ATTACKS:
                        continue
                    if attack["name"] in ("foe", "alie") and attack.get("params") != {"tau": "optimal"}:
                        sys.exit(f"{attack}: only the optimised one is compared")
                    cells.append({
                        "partition": partition, "f": f, "stages": pipeline["stages"],
                        "params": pipeline.get("params", {}), "attack": attack["name"],
                    })
    return settings, [cell for cell in cells if args.only in name(cell)]


def name(cell):
    scheme = cell["partition"]["scheme"] + (f" {cell['partition']['alpha']}" if "alpha" in cell["partition"] else "")
    return f"{scheme}, f = {cell['f']}, {cell['stages']}{params(cell)}, attack {cell['attack']}"


def params(cell):
    text = " ".join(f"{key}={value}" for key, value in sorted(cell["params"].items()))
    return f" ({text})" if text else ""


class Dataset(TensorDataset):
    """What ByzFL's distributor takes: samples, and their labels as `targets`."""

    flipped = False  # horizontally, each image with probability ½ whenever it is drawn

    def __getitem__(self, index):
        sample, label = super().__getitem__(index)
        return (sample.flip(-1) if self.flipped and random.random() < 0.5 else sample), label

    @property
    def targets(self):
        return self.tensors[1]


def load(dataset, folder):
    """Training and test samples."""
    mean, deviation, flipped = DATASETS[dataset]

    def read(file, skip):
        path = folder / dataset / file
        packed = path.with_name(file + ".gz")
        content = gzip.open(packed).read() if packed.exists() else path.read_bytes()
        return torch.from_numpy(np.frombuffer(content, np.uint8, offset=skip).copy())

    def part(prefix):
        images = read(f"{prefix}-images-idx3-ubyte", 16).view(-1, 1, 28, 28).float() / 255
        return Dataset((images - mean) / deviation, read(f"{prefix}-labels-idx1-ubyte", 8).long())

    train, test = part("train"), part("t10k")
    train.flipped = flipped
    return train, test


def seeded(seed):
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def byzfl(settings, cell, seed, train, test):
    """One run: ByzFL's benchmark loop (byzfl/benchmark/train.py) without its files. Test accuracy per evaluation."""
    optimiser, f, attack = settings["optimiser"], cell["f"], ATTACKS[cell["attack"]]
    threshold = float(cell["params"].get("clip.c", 0))
    rule = lambda stage: {"name": RULES[stage], "parameters": {"f": f, "c": threshold}}
    *before, last = [rule(stage) for stage in cell["stages"].split(",")]
    seeded(seed)
    common = {
        "model_name": "cnn_mnist", "device": "cpu", "optimizer_name": "SGD", "learning_rate": optimiser["learning_rate"],
        "weight_decay": optimiser["weight_decay"], "milestones": [], "learning_rate_decay": 1.0,
    }
    distributor = DataDistributor({
        "data_distribution_name": PARTITIONS[cell["partition"]["scheme"]],
        "distribution_parameter": float(cell["partition"].get("alpha", 0)),
        "nb_honest": settings["honest"],
        "data_loader": DataLoader(train),
        "batch_size": optimiser["batch"],
    })
    if cell["partition"]["scheme"] == "extreme":
        # As `split_data`, but sorting integers instead of tensors: half a minute less.
        split = distributor.extreme_niid_idx(train.targets.numpy(), list(range(len(train))))
        loaders = distributor.idx_to_dataloaders(split)
    else:
        loaders = distributor.split_data()
    flips = cell["attack"] == "lf"
    clients = [
        Client(common | {
            "loss_name": "NLLLoss", "LabelFlipping": flips, "training_dataloader": loader, "nb_labels": 10,
            "momentum": float(optimiser["momentum"]), "store_per_client_metrics": False,
        }) for loader in loaders
    ]
    samples = settings["test_samples"] or len(test)
    held_out = DataLoader(Dataset(test.tensors[0][:samples], test.targets[:samples]), batch_size=500)
    server = Server(common | {"test_loader": held_out, "aggregator_info": last, "pre_agg_list": before})
    attacker = ByzantineClient({
        "name": attack, "f": f, "parameters": {"aggregator_info": last, "pre_agg_list": list(before), "f": f},
    })

    def share():
        for client in clients:
            client.set_model_state(server.get_dict_parameters())

    def evaluate():
        with torch.no_grad():
            return server.compute_test_accuracy()

    share()
    accuracies = []
    for step in range(settings["steps"]):
        if step % settings["evaluate_every"] == 0:
            accuracies.append(evaluate())
        for client in clients:
            client.compute_gradients()
        honest = [client.get_flat_gradients_with_momentum() for client in clients]
        seen = [client.get_flat_flipped_gradients() for client in clients] if flips else honest
        server.update_model_with_gradients(honest + attacker.apply_attack(seen))
        share()
    return accuracies + [evaluate()]


def theirs(args, settings, cells):
    """Maximal accuracy by cell and seed; finished runs are read, not repeated."""
    kept = pathlib.Path("results/crosscheck")
    kept.mkdir(parents=True, exist_ok=True)
    train = test = None
    found = {}
    for seed in args.seeds:
        for cell in cells:
            keys = ("steps", "test_samples", "evaluate_every", "honest", "optimiser")
            spec = {key: settings[key] for key in keys} | cell | {"seed": seed, "dataset": settings["dataset"]}
            spec = json.dumps(spec, sort_keys=True)
            file = kept / (hashlib.sha256(spec.encode()).hexdigest() + ".json")
            if not file.exists():
                if train is None:
                    train, test = load(settings["dataset"], args.data)
                start = time.perf_counter()
                accuracies = byzfl(settings, cell, seed, train, test)
                record = {"spec": json.loads(spec), "accuracies": accuracies, "seconds": time.perf_counter() - start}
                file.with_suffix(".tmp").write_text(json.dumps(record))
                file.with_suffix(".tmp").rename(file)
            record = json.loads(file.read_text())
            found.setdefault(name(cell), []).append(max(record["accuracies"]))
            line = f"ByzFL {name(cell)}, seed {seed}: {max(record['accuracies']):.4f}, {record['seconds']:.0f} s"
            print(line, file=sys.stderr, flush=True)
    return found


def ours(args, settings, cells):
    """Maximal accuracy by cell and seed."""
    # The same grid, with what is compared and no more.
    arguments = [args.repro, "VERB", args.experiment, "--seeds", ",".join(map(str, args.seeds))]
    arguments += ["--set", f"steps={settings['steps']}"]
    if settings["test_samples"]:
        arguments += ["--set", f"test_samples={settings['test_samples']}"]
    for key in ("pipelines", "attacks"):
        arguments += ["--set", f"{key}={json.dumps(kept(key, settings, cells))}"]
    partitions = [item for item in settings["partitions"] if any(cell["partition"] == item for cell in cells)]
    arguments += ["--set", f"partitions={json.dumps(partitions)}"]
    byzantine = sorted({cell["f"] for cell in cells if cell["f"] > 0})
    if byzantine:
        arguments += ["--set", f"f={json.dumps(byzantine)}"]
    arguments += ["--set", f"dsgd={json.dumps(any(cell['f'] == 0 for cell in cells))}"]

    def call(verb, *more):
        subprocess.run([verb if a == "VERB" else a for a in arguments] + list(more), check=True, stdout=sys.stderr)

    call("run", "--data", args.data, "--jobs", str(args.jobs))
    call("table")
    found = {}
    # The name says which settings are others than the file's.
    tables = (pathlib.Path("results") / args.experiment.stem / "paper").glob("evaluations*.csv")
    evaluations = max(tables, key=lambda path: path.stat().st_mtime)
    with open(evaluations) as file:
        for row in csv.DictReader(file):
            scheme = row["partition"] + (f" {float(row['alpha']):g}" if row["alpha"] else "")
            cell = f"{scheme}, f = {row['f']}, {row['pipeline']}, attack {row['attack'].split(' ')[0]}"
            runs = found.setdefault(cell, {})
            runs[row["seed"]] = max(runs.get(row["seed"], 0.0), float(row["test_accuracy"]))
    return {cell: list(runs.values()) for cell, runs in found.items()}


def kept(key, settings, cells):
    """The experiment's pipelines or attacks that are in a cell."""
    of = "stages" if key == "pipelines" else "attack"
    wanted = [cell[of] for cell in cells]
    named = lambda item: item if isinstance(item, str) else item.get("stages") or item["name"]
    # A grid has one at least, also where only DSGD is compared.
    return [item for item in settings[key] if named(item) in wanted] or settings[key][:1]


def table(args, settings, cells, theirs, ours):
    lines = [
        "| cell | ByzFL mean ± std | ours mean ± std | difference | Welch's p |",
        "|---|---|---|---|---|",
    ]
    percent = lambda values: f"{100 * statistics.mean(values):.1f} ± {100 * statistics.stdev(values):.1f}"
    for cell in map(name, cells):
        a, b = theirs[cell], ours[cell]
        p = ttest_ind(a, b, equal_var=False).pvalue
        difference = 100 * (statistics.mean(b) - statistics.mean(a))
        lines.append(f"| {cell} | {percent(a)} | {percent(b)} | {difference:+.1f} | {p:.3f} |")
    shown = settings["test_samples"] or 10000
    lines += [
        "",
        f"Maximal test accuracy in percent; {args.experiment.stem}, {settings['dataset']}, T = {settings['steps']}, "
        f"evaluated every {settings['evaluate_every']} steps on {shown} test samples, seeds {args.seeds}.",
    ]
    return "\n".join(lines) + "\n"


def main():
    args = arguments()
    if len(args.seeds) < 2:
        sys.exit("--seeds: a deviation needs two at least")
    torch.set_num_threads(1)
    settings, cells = experiment(args)
    if settings["dataset"] not in DATASETS or settings["model"] != "cnn-mnist":
        sys.exit(f"{args.experiment}: only {' and '.join(DATASETS)} with cnn-mnist are compared")
    text = table(args, settings, cells, theirs(args, settings, cells), ours(args, settings, cells))
    if args.out:
        args.out.write_text(text)
    else:
        print(text, end="")


if __name__ == "__main__":
    main()
