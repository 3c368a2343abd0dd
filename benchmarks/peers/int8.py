#!/usr/bin/python3
"""int8.py FOLDER [options]: depix's 8-bit integers against ONNX Runtime's, one thread, on the same quantized network.

benchmarks/peers/run --int8 prepares FOLDER and starts this. The network is quantized by depix. ONNX Runtime is given the
same integers, scales and zero points as a file of QuantizeLinear and DequantizeLinear (onnx_int8.hpp). It computes
transposed convolutions and PReLUs in float, because it has none on integers. Of a network with PReLUs it is given two
files: in one the convolution before a PReLU gives integers, in the other floats.

Results are compared first: the largest difference is printed in steps of the output's 8 bits. Then all take turns, round
after round. A time is that of the processor, for all threads of a program, because others use the machine too: the
median of all turns, with the smallest beside it. What a call from JavaScript costs for a network that does nothing is
measured in the same rounds and subtracted from ONNX Runtime's times.
"""
import argparse
import glob
import json
import os
import statistics
import subprocess
import sys

from race import HERE, Peer, PeerFailed, print_table, processor

NETWORKS = ["depixelizer", "documents_autoencoder", "compact"]


class TimedPeer(Peer):
    """A peer whose times are those of the processor."""

    def processor_time(self):
        """Of all its threads, in milliseconds."""
        sum_of_threads = 0
        for path in glob.glob(f"/proc/{self.process.pid}/task/*/schedstat"):
            try:
                with open(path) as file:
                    sum_of_threads += int(file.read().split()[0])
            except OSError:  # a thread that has ended
                pass
        return sum_of_threads / 1e6

    def take_turn(self):
        before = self.processor_time()
        self.run(self.runs_a_turn)
        self.times.append((self.processor_time() - before) / self.runs_a_turn)


def race(options, name):
    with open(f"{options.folder}/{name}.json") as file:
        shape = "x".join(map(str, json.load(file)["shape"]))
    worker = f"{options.workers}/worker_depix_int8_{name}"
    step = float(subprocess.run([worker, options.folder, name + "_int8", shape, "1", "export"], check=True,
                                capture_output=True, text=True).stdout)

    def onnxruntime(label, suffix):
        return TimedPeer(label, ["node", f"{HERE}/worker_onnxruntime.js", options.folder, name + suffix, shape, "1", "restore"])

    peers = [TimedPeer("depix, int8", [worker, options.folder, name + "_int8", shape, "1", "restore"]),
             onnxruntime("ONNX Runtime, int8", "_int8"), onnxruntime("ONNX Runtime, float", ""),
             onnxruntime("nothing", "_nothing")]
    if name == "compact":
        peers.insert(2, onnxruntime("ONNX Runtime, int8, PReLU after floats", "_int8_float_prelu"))
    try:
        for peer in peers:
            peer.start(1)
            peer.runs_a_turn = max(1, min(200, int(options.budget / min(peer.run(3)))))
        for _ in range(options.rounds):
            for peer in peers:
                peer.take_turn()
    finally:
        for peer in peers:
            peer.stop()
    nothing = peers.pop()
    times = {}
    for peer in peers:
        call = statistics.median(nothing.times) if "ONNX" in peer.name else 0
        times[peer.name] = statistics.median(peer.times) - call, min(peer.times) - call
    own = times["depix, int8"]
    rows = [["peer", "median", "smallest", "/ depix, median", "smallest", "largest difference, steps"]]
    for peer in peers:
        median, smallest = times[peer.name]
        difference = "-" if peer.name.endswith("float") else f"{peer.facts['error'] / step:.1f}"
        rows.append([peer.name, f"{median:.3f} ms", f"{smallest:.3f} ms", f"{median / own[0]:.2f}",
                     f"{smallest / own[1]:.2f}", difference])
    print(f"\n{name}, {shape}; a call from JavaScript that does nothing: {statistics.median(nothing.times):.3f} ms\n")
    print_table(rows)
    sys.stdout.flush()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", help="the work folder of benchmarks/peers/run")
    parser.add_argument("--int8", action="store_true", help="what benchmarks/peers/run chooses this program by")
    parser.add_argument("--workers", help="the folder of the compiled workers (FOLDER/build/benchmarks)")
    parser.add_argument("--only", default=",".join(NETWORKS), help="networks, separated by commas")
    parser.add_argument("--rounds", type=int, default=15, help="turns of each peer")
    parser.add_argument("--budget", type=float, default=50, help="milliseconds of one turn, if a run takes no longer")
    options = parser.parse_args()
    options.folder = os.path.abspath(options.folder)
    options.workers = options.workers or os.path.join(options.folder, "build", "benchmarks")
    names = options.only.split(",")
    unknown = set(names) - set(NETWORKS)
    if unknown:
        parser.error(f"no such network: {', '.join(sorted(unknown))}; there are {', '.join(NETWORKS)}")
    subprocess.run([sys.executable, "-W", "ignore", f"{HERE}/export.py", options.folder, *names], check=True)
    print(processor())
    for name in names:
        try:
            race(options, name)
        except (PeerFailed, subprocess.CalledProcessError) as failure:
            sys.exit(f"{name}: {failure} {getattr(failure, 'stderr', '')}")


if __name__ == "__main__":
    main()
