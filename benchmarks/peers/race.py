#!/usr/bin/python3
"""race.py FOLDER [options]: compares depix with its peers, on the same pictures with the same weights.

benchmarks/peers/run prepares FOLDER and starts this. Every peer is a process that stays (the protocol is in
worker.hpp). First each one's result is compared with what PyTorch computes in double. A peer with too large an error is
reported and not timed. Then all take turns, round after round. A turn is some runs, and starts after the machine has
been seen idle. So other load affects all of them alike, and only ratios within one race count.

For each network and number of threads this prints medians, minima, their ratio to depix's time, GFLOP/s, and the share
of the peak that this processor's multiply-adds reach in the same rounds (peak.cpp). Operations are those of direct
convolution, two for a multiply-add, for every peer. Winograd's convolution makes fewer, so its share may be above
100 %. A training step counts as three times its forward pass.
"""
import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

import chart

HERE = os.path.dirname(os.path.abspath(__file__))
# As in networks.py, which is not imported, because this process must hold no PyTorch and none of its threads.
NETWORKS = ["depixelizer", "documents_autoencoder", "pixel_shuffle_unet", "de_gan_generator", "srresnet", "rrdb",
            "compact", "rrdbnet_6", "span", "nafnet", "mobilenet_v2", "drunet"]
SMALL = NETWORKS[:2]

# A share of the output's range. A peer with a larger error computes something else. The error of single precision is
# less than 1e-5.
LARGEST_ERROR = 1e-3

# The other peers' threads must sleep while one runs. OpenMP's (GNU, as in depix and Debian's PyTorch) wait actively for
# some milliseconds and then sleep, if they are left to their default; OMP_WAIT_POLICY=active would make them wait for
# minutes. So such variables of the user are removed, for all peers alike.
TAKEN_AWAY = re.compile(r"(OMP|GOMP|KMP|MKL|OPENBLAS|ATEN|MALLOC)_")

# glibc gives large blocks back to the system with every free, and takes new ones, zeroed page by page, with every
# allocation. PyTorch allocates every map anew, so it also runs with memory that it keeps.
KEEP_PAGES = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(2**33)}


class PeerFailed(Exception):
    pass


class Peer:
    """One process, and what it has measured. library: the name that its variants share."""

    def __init__(self, name, command, environment=None):
        self.name, self.library = name, name.split(",")[0]
        self.command, self.environment = command, environment or {}
        self.process, self.times, self.facts, self.runs_a_turn, self.error = None, [], {}, 1, None

    def start(self, threads):
        environment = {key: value for key, value in os.environ.items() if not TAKEN_AWAY.match(key)}
        environment.update(self.environment, OMP_NUM_THREADS=str(threads), PYTHONDONTWRITEBYTECODE="1")
        self.complaints = tempfile.TemporaryFile("w+")
        try:
            self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                            stderr=self.complaints, text=True, env=environment)
        except OSError as error:
            raise PeerFailed(f"does not start: {error}")
        for line in self.process.stdout:
            if line.startswith("ready "):
                try:
                    self.facts = json.loads(line[len("ready "):])
                except json.JSONDecodeError:
                    raise PeerFailed("says: " + line.strip())
                return
        raise PeerFailed("does not start: " + self.last_words())

    def run(self, count):
        """The times of `count` runs, in milliseconds."""
        try:
            self.process.stdin.write(f"{count}\n")
            self.process.stdin.flush()
            return json.loads(self.process.stdout.readline())
        except (BrokenPipeError, json.JSONDecodeError):
            raise PeerFailed("ended: " + self.last_words())

    def take_turn(self):
        # The first run wakes its threads and fills the caches.
        self.times += self.run(self.runs_a_turn + 1)[1:] if self.runs_a_turn > 1 else self.run(1)

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()

    def last_words(self):
        self.process.wait()
        self.complaints.seek(0)
        lines = self.complaints.read().strip().splitlines()
        return lines[-1] if lines else f"exit status {self.process.returncode}"


def list_peers(options, name, facts, threads):
    shape = "x".join(map(str, (facts["training"] if options.train else facts)["shape"]))
    job = [options.folder, name, shape, str(threads), "train" if options.train else "restore"]

    def pytorch(*variant, environment=None):
        words = ["PyTorch"] + [word.replace("_", " ") for word in variant] + ["pages kept"] * bool(environment)
        return Peer(", ".join(words), [sys.executable, f"{HERE}/worker_pytorch.py", *job, *variant], environment)

    peers = [Peer("depix", [f"{options.workers}/worker_depix_{name}", *job])]
    variants = [(), ("channels_last",)]
    if not options.train:
        variants += [("jit",), ("jit", "channels_last")]
    peers += [pytorch(*variant) for variant in variants]
    if not options.small:
        peers += [pytorch(*variant, environment=KEEP_PAGES) for variant in variants]
    if not options.small and not options.train:
        if os.path.exists(f"{options.folder}/onnxruntime/node_modules"):
            peers.append(Peer("ONNX Runtime", ["node", f"{HERE}/worker_onnxruntime.js", *job]))
        if os.path.exists(f"{options.workers}/worker_opencv"):
            peers.append(Peer("OpenCV", [f"{options.workers}/worker_opencv", *job]))
    return [peer for peer in peers if peer.name == "depix" or re.search(options.peers, peer.name)]


def check(peer, facts):
    """The relative error of the peer's result. Throws PeerFailed where it is too large."""
    if "losses" in peer.facts:
        exact, allowed = facts["training"]["losses"], facts["training"]["tolerance"]
        error = sum(abs(own - loss) / loss for own, loss in zip(peer.facts["losses"], exact)) / len(exact)
        what = "of the loss"
    else:
        error, allowed = peer.facts["error"] / facts["output_range"], LARGEST_ERROR
        what = "of the output's range"
    if not error <= allowed:  # not "error > allowed", because NaN does not agree either
        raise PeerFailed(f"disagrees: off by {error:.2g} {what}, allowed are {allowed:.2g}")
    return error


def busy_share(seconds=0.15):
    """The busy share of all processors' time."""
    def read():
        with open("/proc/stat") as file:
            times = [int(field) for field in file.readline().split()[1:9]]
        return times[3] + times[4], sum(times)

    idle, total = read()
    time.sleep(seconds)
    idle_later, total_later = read()
    return 1 - (idle_later - idle) / max(1, total_later - total)


def wait_until_idle(patience):
    """Waits until at most 15 % of the processors are busy. False if that takes more than `patience` seconds."""
    end = time.monotonic() + patience
    while busy_share() > 0.15:
        if time.monotonic() >= end:
            return False
    return True


def race(options, name, facts, threads):
    """Returns a row for each peer, and the peak. The row of a peer that failed says how."""
    peak = Peer("peak", [f"{options.workers}/peak", str(threads)])
    peers = list_peers(options, name, facts, threads)
    racing, rows, busy_turns, turns = [], [], 0, 0
    try:
        for peer in [peak] + peers:
            try:
                peer.start(threads)
                if peer is not peak:
                    peer.error = check(peer, facts)
                fastest = min(peer.run(2))
                peer.runs_a_turn = max(1, min(1000, int(options.budget / fastest)))
                racing.append(peer)
            except PeerFailed as failure:
                rows.append({"peer": peer.name, "failure": str(failure)})
        for _ in range(options.rounds):
            for peer in list(racing):
                busy_turns += not wait_until_idle(options.patience)
                turns += 1
                try:
                    peer.take_turn()
                except PeerFailed as failure:
                    racing.remove(peer)
                    rows.append({"peer": peer.name, "failure": str(failure)})
    finally:
        for peer in [peak] + peers:
            peer.stop()

    operations = 2 * (3 * facts["training"]["multiply_adds"] if options.train else facts["multiply_adds"])
    medians = {peer.name: statistics.median(peer.times) for peer in racing}
    peak_rate = peak.facts["operations"] / medians["peak"] * 1e-6 if "peak" in medians else None
    for peer in racing:
        if peer is peak:
            continue
        median = medians[peer.name]
        rate = operations / median * 1e-6
        rows.append({"peer": peer.name, "library": peer.library, "version": peer.facts.get("version"), "median": median,
                     "minimum": min(peer.times), "runs": len(peer.times), "error": peer.error, "gflops": rate,
                     "share_of_peak": rate / peak_rate if peak_rate else None,
                     "times_depix": median / medians["depix"] if "depix" in medians else None})
    return {"network": name, "threads": threads, "training": options.train, "gflop": operations * 1e-9,
            "shape": (facts["training"] if options.train else facts)["shape"], "peak_gflops": peak_rate,
            "busy_turns": busy_turns, "turns": turns, "rows": rows}


def print_table(rows):
    """Prints Markdown with aligned columns: the first to the left, all others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    rules = ["-" * widths[0]] + ["-" * (width - 1) + ":" for width in widths[1:]]
    for first, *others in [rows[0], rules] + rows[1:]:
        cells = [first.ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(others, widths[1:])]
        print("| " + " | ".join(cells) + " |")


def with_unit(value, form):
    return "-" if value is None else form.format(value)


def print_result(result):
    what = "one training step" if result["training"] else "one picture"
    threads = f"{result['threads']} thread" + "s" * (result["threads"] > 1)
    print(f"\n{result['network']}: {what} of {'x'.join(map(str, result['shape']))}, {threads}, "
          f"{result['gflop']:.3g} GFLOP; peak {with_unit(result['peak_gflops'], '{:.1f}')} GFLOP/s\n")
    table = [["peer", "median", "minimum", "/ depix", "GFLOP/s", "of peak", "error"]]
    for row in result["rows"]:
        if "failure" not in row:
            table.append([row["peer"], f"{row['median']:.3f} ms", f"{row['minimum']:.3f} ms",
                          with_unit(row["times_depix"], "{:.2f}"), f"{row['gflops']:.1f}",
                          with_unit(row["share_of_peak"], "{:.0%}"), f"{row['error']:.1e}"])
    if len(table) > 1:
        print_table(table)
    for row in result["rows"]:
        if "failure" in row:
            print(f"{row['peer']} {row['failure']}")
    sys.stdout.flush()


def best_peer(result):
    """The row of the fastest peer that is not depix, and depix's row. None where one of them is missing."""
    rows = [row for row in result["rows"] if "failure" not in row]
    own = [row for row in rows if row["peer"] == "depix"]
    others = [row for row in rows if row["peer"] != "depix"]
    return (min(others, key=lambda row: row["median"]), own[0]) if own and others else None


def print_summary(results):
    table = [["network", "threads", "depix", "best peer", "its time", "best peer / depix", "GFLOP/s", "of peak"]]
    for result in results:
        if best_peer(result):
            best, own = best_peer(result)
            table.append([result["network"].replace("_", " "), str(result["threads"]), f"{own['median']:.2f} ms",
                          best["peer"], f"{best['median']:.2f} ms", f"{best['times_depix']:.2f}",
                          f"{own['gflops']:.1f}", with_unit(own["share_of_peak"], "{:.0%}")])
    if len(table) > 1:
        print()
        print_table(table)
    busy, turns = (sum(result[key] for result in results) for key in ("busy_turns", "turns"))
    if busy:
        print(f"\nIn {busy} of {turns} turns the machine was not idle before: take the figures with care.")


def processor():
    with open("/proc/cpuinfo") as file:
        names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return f"{names[0] if names else 'unknown'}, {os.cpu_count()} cores"


def read_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", help="the work folder of benchmarks/peers/run")
    parser.add_argument("--workers", help="the folder of the compiled workers (FOLDER/build/benchmarks)")
    parser.add_argument("--train", action="store_true", help="training steps instead of pictures")
    parser.add_argument("--small", action="store_true",
                        help="for CI: depix and PyTorch, two small networks, no waiting; fails if a result is wrong")
    parser.add_argument("--only", help="networks, separated by commas: " + ",".join(NETWORKS))
    parser.add_argument("--peers", default="", help="a regular expression: only peers whose names it finds, and depix")
    parser.add_argument("--threads", help="numbers, separated by commas (1,2; with --train or --small: 2)")
    parser.add_argument("--rounds", type=int, help="turns of each peer (7; with --small: 2)")
    parser.add_argument("--budget", type=float, help="milliseconds of one turn, if a run takes no longer (300; 50)")
    parser.add_argument("--patience", type=float, help="seconds to wait for an idle machine before each turn (60; 0)")
    parser.add_argument("--json", metavar="FILE", help="write all results")
    parser.add_argument("--svg", metavar="FILE", help="draw the ratios")
    options = parser.parse_args()

    def default(name, usual, small):
        if getattr(options, name) is None:
            setattr(options, name, small if options.small else usual)

    default("only", ",".join(NETWORKS), ",".join(SMALL))
    default("threads", "2" if options.train else "1,2", "2")
    default("rounds", 7, 2)
    default("budget", 300, 50)
    default("patience", 60, 0)
    options.folder = os.path.abspath(options.folder)
    options.workers = options.workers or os.path.join(options.folder, "build", "benchmarks")
    options.only = options.only.split(",")
    unknown = set(options.only) - set(NETWORKS)
    if unknown:
        parser.error(f"no such network: {', '.join(sorted(unknown))}; there are {', '.join(NETWORKS)}")
    return options


def main():
    options = read_options()
    subprocess.run([sys.executable, "-W", "ignore", f"{HERE}/export.py", options.folder, *options.only], check=True)
    print(processor())
    results = []
    for name in options.only:
        with open(f"{options.folder}/{name}.json") as file:
            facts = json.load(file)
        if options.train and "training" not in facts:
            print(f"\n{name}: not trained in this race")
            continue
        for threads in map(int, options.threads.split(",")):
            results.append(race(options, name, facts, threads))
            print_result(results[-1])
    print_summary(results)
    if options.json:
        with open(options.json, "w") as file:
            json.dump({"processor": processor(), "results": results}, file, indent=1)
    if options.svg:
        chart.write(options.svg, results)
    failed = [row["peer"] for result in results for row in result["rows"] if "failure" in row]
    if failed if options.small else {"depix", "peak"} & set(failed):
        sys.exit("failed: " + ", ".join(sorted(set(failed))))


if __name__ == "__main__":
    main()
