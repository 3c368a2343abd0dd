#!/usr/bin/env python3
"""race.py FOLDER [options]: compares depix's backend Cuda with PyTorch on one GPU, with the same weights and pictures.

benchmarks/cuda/run builds depix's half and starts this. How it is measured:

Alike    Every peer is given the same files (peers/export.py) and must come to the same results. A restored picture must
         agree with what PyTorch computes in double, within a share of the output's range. In training, the first losses
         must agree. A peer with a larger error is reported and not timed. Input and output are float32 for all; the
         precision says how the network computes. PyTorch runs in every way that might be its best: eager, channels
         last, as a CUDA graph, compiled, with batch norms folded and cuDNN's algorithms tried out (worker_pytorch.py).
         Its best at the same precision counts.
Time     "device" is the network alone, from input to output in the device's memory, by CUDA events around many runs.
         "host" includes the copies from the caller's memory and back. All peers stay resident and take turns, round
         after round, in one race. A time is the median of its turns, and the spread is half the distance between their
         quartiles. Differences within the spread do not count. Data that fits into the cache lies in it, for all alike.
Floor    The time that operations and bytes alone would take on this card (floor.py), with everything fused, and with
         every map written and read. Its share of the measured time is printed: 100 % would be the floor itself. What
         makes fewer operations (Winograd) or keeps its maps in the cache may come out above that.
Bars     How many times depix's time PyTorch's best must take: JOBS.

With --device cpu this rehearses everything but the card: small pictures, one round, and no verdicts. depix's workers
are then compiled against the emulator (by hand: worker_depix.cu says how), and those that are missing fail.
"""
import argparse
import datetime
import json
import os
import shlex
import statistics
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import torch

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "peers"))
import export  # noqa: E402
import floor  # noqa: E402
import networks  # noqa: E402
import race as peers_race  # noqa: E402  (peers/race.py: resident workers, tables)

# The largest error of a result: a share of the output's range, and of a loss. float32 rounds a product by 2^-24. TF32
# and float16 round its factors by 2^-11, and bfloat16 by 2^-8, in each of up to 37 layers. With all maps and weights
# rounded in this way on a processor, the U-Net has the largest errors: 0.007 and 0.05.
PRECISIONS = {"float32": (1e-3, 1e-4), "TF32": (2e-2, 1e-2), "float16": (2e-2, 1e-2), "bfloat16": (1.5e-1, 5e-2)}


class Job:
    """bars: for each precision that is judged, how many times depix's time PyTorch's best must take."""

    def __init__(self, network, batch, bars, training=False):
        self.network, self.batch, self.bars, self.training = network, batch, bars, training
        entry = networks.NETWORKS[network]
        self.shape = entry.training_shape if training else (batch, *entry.shape[1:])
        self.name = network.replace("_", " ") + (", training" if training else "")

    def is_published_shape(self):
        return self.training or self.shape == networks.NETWORKS[self.network].shape


EVERYWHERE = dict.fromkeys(PRECISIONS, 1.0)
# One of the three large networks must reach LARGE_BAR.
LARGE, LARGE_BAR = ("pixel_shuffle_unet", "de_gan_generator", "srresnet"), 1.2
JOBS = [Job("depixelizer", 1, dict.fromkeys(PRECISIONS, 5.0)), Job("depixelizer", 256, dict.fromkeys(PRECISIONS, 2.0)),
        Job("documents_autoencoder", 1, dict.fromkeys(PRECISIONS, 3.0))]
JOBS += [Job(name, 1, {"float16": 1.0}) for name in LARGE]
JOBS += [Job(name, networks.NETWORKS[name].training_shape[0], EVERYWHERE, training=True)
         for name in ("depixelizer", "documents_autoencoder", *LARGE)]


# ---- one race --------------------------------------------------------------------------------------------------------

class Row:
    """One way to run a network: the worker that does it, and what it has measured."""

    def __init__(self, peer, index, words):
        self.peer, self.index = peer, index
        self.precision, *self.words = words.split("+")
        self.library = peer.library
        said = [word.replace("_", " ").replace("=", " ") for word in self.words]
        if self.library == "PyTorch" and "graph" not in words and "compile" not in words:
            said = ["eager"] + said
        self.name = ", ".join([self.library] + said)
        self.times, self.runs, self.error, self.failure = {"device": [], "host": []}, {}, None, None

    def ask(self, where, runs):
        return self.peer.run(f"{self.index} {where} {runs}")

    def check(self, job, facts, own):
        """Sets error, and also failure if the error is too large."""
        allowed, allowed_loss = PRECISIONS[self.precision]
        if "failure" in own:
            self.failure = "left out: " + own["failure"]
            return
        if job.training:
            allowed, what = max(allowed_loss, facts["tolerance"]), "of the loss"
            pairs = list(zip(own["losses"], facts["losses"]))
            self.error = sum(abs(loss - exact) / exact for loss, exact in pairs) / len(pairs)
        else:
            self.error, what = own["error"] / facts["output_range"], "of the output's range"
        if not self.error <= allowed:  # NaN does not agree either
            self.failure = f"disagrees: off by {self.error:.2g} {what}, allowed are {allowed:.2g}"

    def take_turn(self, where, budget):
        if where not in self.runs:
            first = self.ask(where, 3)
            self.runs[where] = first and max(1, min(20000, int(budget / first)))
        elif self.runs[where]:  # a worker that has no such time never has one
            self.times[where].append(self.ask(where, self.runs[where]))

    def summary(self):
        result = {"row": self.name, "library": self.library, "precision": self.precision}
        if self.failure:
            return {**result, "failure": self.failure}
        result["error"] = self.error
        for where, times in self.times.items():
            if times:
                result[where] = statistics.median(times)
                result[where + "_turns"] = times
        return result


def spread(times):
    if len(times) < 4:
        return None
    low, middle, high = statistics.quantiles(times, n=4)
    return (high - low) / 2 / middle


def start(peer, rows, limit):
    """Starts a worker. If it is not ready within `limit` seconds, its rows fail."""
    clock = threading.Timer(limit, peer.stop)
    begin = time.monotonic()
    clock.start()
    try:
        peer.start(os.cpu_count())
        return True
    except peers_race.PeerFailed as failure:
        late = time.monotonic() - begin >= limit
        for row in rows:
            row.failure = f"left out: not ready within {limit:.0f} s" if late else str(failure)
        return False
    finally:
        clock.cancel()


def list_plain_rows(options, job):
    """PyTorch's rows that need no compiler."""
    rows = []
    for precision in options.precisions:
        settings = [""]
        if precision.endswith("16") and not job.training and not options.quick:
            settings.append("+autocast")
        ways = ["", "+channels_last", "+graph", "+channels_last+graph"]
        rows += [precision + setting + way for setting in settings for way in ways]
    return rows


def start_all(options, job, folder, end):
    """Starts the workers. Returns all rows of the race, each checked or failed."""
    facts = read_facts(folder, job)
    shape = "x".join(map(str, facts["shape"]))
    mode = "train" if job.training else "restore"
    cache = {"TORCHINDUCTOR_CACHE_DIR": os.path.join(options.folder, "inductor"),
             "TRITON_CACHE_DIR": os.path.join(options.folder, "triton")}
    script = [sys.executable, f"{HERE}/worker_pytorch.py", folder, job.network, shape, mode, options.device]
    groups = []  # alternatives in turn: lists of rows that share a worker

    def pytorch(words):
        peer = peers_race.Peer("PyTorch", script + words, cache)
        return [Row(peer, index, row) for index, row in enumerate(words)]

    for precision in options.precisions:
        command = [f"{options.workers}/worker_cuda_{job.network}_{precision}", folder, job.network, shape, "1", mode]
        groups.append([[Row(peers_race.Peer("depix", command), 0, precision)]])
    groups.append([pytorch(list_plain_rows(options, job))])
    for precision in options.compile:
        groups.append([pytorch([f"{precision}+channels_last+{way}"]) for way in options.compile_ways])

    def start_first(alternatives):
        failed = []
        for rows in alternatives:
            compiled = any("compile=" in word for word in rows[0].words)
            limit = min(options.compile_seconds if compiled else 240, end - time.monotonic())
            if compiled and limit < 10:
                rows[0].failure = "left out: no time left"
            elif start(rows[0].peer, rows, limit):
                own = rows[0].peer.facts
                for row, row_facts in zip(rows, own.get("rows", [own])):
                    row.check(job, facts, row_facts)
                if any(not row.failure for row in rows):
                    return failed + rows
                rows[0].peer.stop()
            failed += rows
        return failed

    # Workers start one after the other, because compilers time their kernels on the card. A quick race has no time for
    # it.
    with ThreadPoolExecutor(max_workers=len(groups) if options.quick else 1) as pool:
        return [row for rows in pool.map(start_first, groups) for row in rows]


def race(options, job, ceilings, end):
    begin = time.monotonic()
    folder = export_job(options, job)
    facts = read_facts(folder, job)
    rows = start_all(options, job, folder, end)
    preparation = time.monotonic() - begin
    racing = [row for row in rows if not row.failure]
    try:
        for _ in range(options.rounds + 1):  # the first round finds out how many runs a turn has
            for row in list(racing):
                try:
                    row.take_turn("device", options.budget)
                    if job.batch == 1 or job.training:
                        row.take_turn("host", options.budget)
                except peers_race.PeerFailed as failure:
                    row.failure = str(failure)
                    racing.remove(row)
    finally:
        for row in rows:
            row.peer.stop()
    result = {"job": job.name, "network": job.network, "training": job.training, "shape": facts["shape"],
              "multiply_adds": facts["multiply_adds"], "preparation_seconds": preparation,
              "floors": floor.find_floors(job.network, facts, job.training, ceilings),
              "rows": [row.summary() for row in rows]}
    # If depix has no device time for training steps, they are compared by their host time.
    own = [row for row in result["rows"] if row["library"] == "depix" and "failure" not in row]
    result["judged"] = "device" if not own or "device" in own[0] else "host"
    result["verdicts"] = [judge(result, job, precision) for precision in options.precisions]
    return result


def judge(result, job, precision):
    def best(library):
        rows = [row for row in result["rows"] if (row["library"], row["precision"]) == (library, precision)
                and "failure" not in row]
        return min(rows, key=lambda row: row[result["judged"]], default=None)

    own, other, where = best("depix"), best("PyTorch"), result["judged"]
    verdict = {"precision": precision, "bar": job.bars.get(precision)}
    if own:
        verdict["depix"] = own[where]
    if own and other:
        verdict.update(pytorch=other[where], best=other["row"], ratio=other[where] / own[where])
        verdict["met"] = None if verdict["bar"] is None else verdict["ratio"] >= verdict["bar"]
    return verdict


# ---- files and tables ------------------------------------------------------------------------------------------------

def export_job(options, job):
    """Writes what all peers of a job are given, in one folder for each batch. Returns the folder."""
    entry = networks.NETWORKS[job.network]
    shape, training_shape = entry.shape, entry.training_shape
    if not job.is_published_shape():
        shape, training_shape = job.shape, None
    if options.device == "cpu":
        shape, training_shape = ((min(2, full[0]), full[1], 32, 32) if full else None
                                 for full in (shape, training_shape))
    folder = os.path.join(options.folder, "inputs-" + options.device, str(shape[0]))
    os.makedirs(folder, exist_ok=True)
    if not export.is_exported(folder, job.network):
        export.export(folder, job.network, networks.Entry(entry.module, shape, training_shape, entry.loss), onnx=False)
    return folder


def read_facts(folder, job):
    with open(os.path.join(folder, job.network + ".json")) as file:
        facts = json.load(file)
    return facts["training"] if job.training else facts


def number(value, form):
    return "-" if value is None else form.format(value)


def print_result(result):
    shape = "x".join(map(str, result["shape"]))
    operations = 2e-9 * (3 if result["training"] else 1) * result["multiply_adds"]
    print(f"\n{result['job']}, {shape}: {operations:.3g} GFLOP; ready after {result['preparation_seconds']:.0f} s\n")
    depix = {verdict["precision"]: verdict.get("depix") for verdict in result["verdicts"]}
    table = [["row", "device", "spread", "host", "/ depix", "fused floor", "maps floor", "error"]]
    timed = [row for row in result["rows"] if result["judged"] in row]
    order = list(PRECISIONS)
    for row in sorted(timed, key=lambda row: (order.index(row["precision"]), row[result["judged"]])):
        time_ms, own = row[result["judged"]], depix.get(row["precision"])
        floors = result["floors"].get(row["precision"], (None, None))
        table.append([f"{row['precision']}: {row['row']}", number(row.get("device"), "{:.4f} ms"),
                      number(spread(row[result["judged"] + "_turns"]), "{:.1%}"), number(row.get("host"), "{:.4f} ms"),
                      number(own and time_ms / own, "{:.2f}"), *(number(floor and floor / time_ms, "{:.0%}")
                                                                 for floor in floors), f"{row['error']:.1e}"])
    peers_race.print_table(table)
    reasons = {}
    for row in result["rows"]:
        if "failure" in row:
            reasons.setdefault(row["failure"], []).append(f"{row['precision']}: {row['row']}")
    for reason, names in reasons.items():
        print(f"\n{reason}\n    " + "\n    ".join(names))
    sys.stdout.flush()


def print_summary(results):
    table = [["network", "precision", "depix", "PyTorch's best", "its time", "times depix's", "bar", "verdict"]]
    for result in results:
        for verdict in result["verdicts"]:
            if "ratio" in verdict:
                table.append([f"{result['job']}, {'x'.join(map(str, result['shape']))}", verdict["precision"],
                              f"{verdict['depix']:.4f} ms", verdict["best"].split(", ", 1)[1],
                              f"{verdict['pytorch']:.4f} ms", f"{verdict['ratio']:.2f}",
                              number(verdict["bar"], "{:g}"), {None: "", True: "met", False: "missed"}[verdict["met"]]])
    print()
    peers_race.print_table(table)
    large = [verdict["ratio"] for result in results if result["network"] in LARGE and not result["training"]
             for verdict in result["verdicts"] if verdict["precision"] == "float16" and "ratio" in verdict]
    if large:
        print(f"\nThe largest float16 ratio of the large networks: {max(large):.2f}; the bar is {LARGE_BAR}.")


def describe(options):
    """The card, the versions, the date, the command."""
    facts = {"date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
             "command": shlex.join(["benchmarks/cuda/run"] + sys.argv[1:]), "torch": torch.__version__}
    if options.device == "cuda":
        query = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader", "--id=0"]
        properties = torch.cuda.get_device_properties(0)
        facts.update(card=properties.name, driver=subprocess.run(query, capture_output=True, text=True).stdout.strip(),
                     multiprocessors=properties.multi_processor_count, memory=properties.total_memory,
                     cuda=torch.version.cuda, cudnn=torch.backends.cudnn.version())
    return facts


def read_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    known = sorted({job.network for job in JOBS})
    parser.add_argument("folder", help="the work folder of benchmarks/cuda/run")
    parser.add_argument("--workers", help="the folder of depix's compiled workers; nothing is built then")
    parser.add_argument("--only", default=",".join(known), help="networks, separated by commas: " + ",".join(known))
    parser.add_argument("--restore", action="store_true", help="no training")
    parser.add_argument("--train", action="store_true", help="nothing but training")
    parser.add_argument("--quick", action="store_true", help="no autocast beside half precision; float16 alone is "
                        "compiled, without trying out kernels; 5 rounds, 9 minutes, workers started side by side")
    parser.add_argument("--precisions", default=",".join(PRECISIONS), help="separated by commas (all four)")
    parser.add_argument("--compile", help="the precisions that torch.compile is tried in (all; --quick: float16)")
    parser.add_argument("--compile-seconds", type=float, help="for one compilation (150; --quick: 60)")
    parser.add_argument("--minutes", type=float, help="then nothing new is begun; what was measured is kept")
    parser.add_argument("--rounds", type=int, help="turns of each row (11; --quick: 5)")
    parser.add_argument("--budget", type=float, help="milliseconds of one turn, if a run takes no longer (50; 20)")
    parser.add_argument("--json", metavar="FILE", help="all results, written anew after every network")
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda", help="cpu: the rehearsal")
    parser.add_argument("--build-only", action="store_true", help="for a race elsewhere; needs no card")
    options = parser.parse_args()

    quick, cpu = options.quick, options.device == "cpu"
    options.rounds = options.rounds or (1 if cpu else 5 if quick else 11)
    options.budget = options.budget or (1 if cpu else 20 if quick else 50)
    options.compile_seconds = options.compile_seconds or (60 if quick else 150)
    options.minutes = options.minutes or (9 if quick else 24 * 60)
    options.only, options.precisions = options.only.split(","), options.precisions.split(",")
    options.compile = options.compile.split(",") if options.compile is not None else (
        ["float16"] if quick else list(PRECISIONS))
    options.compile = [precision for precision in options.compile if precision in options.precisions]
    # The second way is tried where the first fails.
    options.compile_ways = ["compile=default+graph" if quick else "compile=max-autotune-no-cudagraphs+graph",
                            "compile=reduce-overhead"]
    options.folder = os.path.abspath(options.folder)
    for given, allowed in ((options.only, known), (options.precisions, PRECISIONS)):
        if set(given) - set(allowed):
            parser.error(f"unknown: {', '.join(set(given) - set(allowed))}; there are {', '.join(allowed)}")
    if cpu:
        for job in JOBS:
            job.bars = {}
    options.jobs = [job for job in JOBS if job.network in options.only
                    and not (options.train and not job.training) and not (options.restore and job.training)]
    return options


def build(options):
    folder = os.path.join(options.folder, "build")
    if not options.workers and options.device == "cuda":
        targets = [f"worker_cuda_{network}_{precision}" for network in sorted({job.network for job in options.jobs})
                   for precision in options.precisions]
        subprocess.run(["cmake", "--build", folder, "--target", *targets], check=True)
    options.workers = os.path.abspath(options.workers or os.path.join(folder, "cuda_workers"))


def main():
    options = read_options()
    if options.device == "cuda" and not options.build_only and not torch.cuda.is_available():
        print("No GPU that PyTorch can use: nothing is raced here (--device cpu rehearses).", file=sys.stderr)
        sys.exit(2)
    build(options)
    if options.build_only:
        return
    end = time.monotonic() + 60 * options.minutes
    report = {**describe(options), "ceilings": floor.measure_ceilings(options.device), "results": []}
    print(", ".join(f"{key} {value}" for key, value in report.items() if key not in ("ceilings", "results")))
    print("ceilings: " + ", ".join(f"{precision} {rate * 1e-12:.3g} TFLOP/s" for precision, rate in
                                   report["ceilings"]["operations"].items() if rate)
          + f", copy {report['ceilings']['bytes'] * 1e-9:.0f} GB/s", flush=True)
    failed = []
    for job in options.jobs:
        if time.monotonic() > end:
            print(f"\n{job.name}, {'x'.join(map(str, job.shape))}: left out: no time left")
            continue
        result = race(options, job, report["ceilings"], end)
        print_result(result)
        report["results"].append(result)
        failed += [row for row in result["rows"] if row["library"] == "depix" and "failure" in row]
        if options.json:
            with open(options.json, "w") as file:
                json.dump(report, file, indent=1)
    print_summary(report["results"])
    if failed and options.device == "cuda":
        sys.exit("depix failed: " + ", ".join(sorted({row["precision"] for row in failed})))


if __name__ == "__main__":
    main()
