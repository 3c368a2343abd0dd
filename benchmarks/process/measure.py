#!/usr/bin/python3
"""measure.py FOLDER [options]: measures whole processes that restore one picture: their time and their peak memory.

benchmarks/process/run prepares FOLDER and starts this. Each process (process.cpp) loads its weights from a safetensors
file, reads its picture as raw floats, restores it with so many threads and writes the result, again raw floats. They
run in turn, round after round, so that other load affects all of them alike.

Time is elapsed time, from before this script asks for a process until it is known to have ended. The first row is a
process that does nothing; it shows the part of the time that is not the process's own. Memory is the largest resident
set. On Linux a process inherits the peak of the one that it was forked from, so what os.wait4 says of a child is never
less than what Python holds itself, some 15 MiB. It is therefore measured in runs of its own, by GNU time, which holds
1 MiB.

The bars are the best other library's process, with 2 threads, as measured in the same way when depix was begun. (Their
memory was measured by os.wait4, so 15 MiB of it may be Python's.) Times compare only on the machine of that day.
"""
import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, os.pardir, "peers"))
from race import print_table, processor, wait_until_idle  # noqa: E402

# For each network: milliseconds and MiB of the best peer's process, and the peer's name.
BARS = {
    "depixelizer": (11, 15, "ncnn"),
    "documents_autoencoder": (37, 36, "ncnn"),
    "pixel_shuffle_unet": (614, 238, "ONNX Runtime"),
    "de_gan_generator": (1424, 388, "ONNX Runtime"),
    "srresnet": (140, 60, "ONNX Runtime"),
}


def time_process(command):
    """Milliseconds from start to exit."""
    start = time.perf_counter()
    subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
    return (time.perf_counter() - start) * 1e3


def peak_memory(command):
    """The peak memory in MiB."""
    with tempfile.NamedTemporaryFile("r") as report:
        subprocess.run(["time", "-f", "%M", "-o", report.name, *command], stdin=subprocess.DEVNULL, check=True)
        return int(report.read()) / 1024


class Process:
    def __init__(self, network, threads, command):
        self.network, self.threads, self.command = network, threads, command
        self.times, self.peaks = [], []

    def row(self):
        milliseconds, mebibytes, library = BARS.get(self.network, (None, None, None))
        bars = ["", "", ""] if library is None else [f"{milliseconds} ms", f"{mebibytes} MiB", library]
        return [self.network.replace("_", " "), str(self.threads or ""), f"{statistics.median(self.times):.1f} ms",
                f"{min(self.times):.1f} ms", f"{max(self.peaks):.1f} MiB", *bars]


def read_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", help="the work folder of benchmarks/process/run")
    parser.add_argument("--only", help="networks, separated by commas: " + ",".join(BARS), default=",".join(BARS))
    parser.add_argument("--threads", help="numbers, separated by commas (1,2)", default="1,2")
    parser.add_argument("--runs", type=int, help="of each process (15)", default=15)
    parser.add_argument("--patience", type=float, help="seconds to wait for an idle machine before each run (10)",
                        default=10)
    parser.add_argument("--verbose", action="store_true", help="print what memory each stage of a process holds, only")
    options = parser.parse_args()
    options.only = options.only.split(",")
    unknown = set(options.only) - set(BARS)
    if unknown or options.runs < 1:
        parser.error(f"no such network: {', '.join(sorted(unknown))}; there are {', '.join(BARS)}" if unknown else
                     "at least one run")
    return options


def main():
    options = read_options()
    processes = [Process("nothing", 0, ["true"])]
    for network in options.only:
        program = os.path.join(options.folder, "build", "benchmarks", f"process_{network}")
        weights, picture, restored = (os.path.join(options.folder, network + ending)
                                      for ending in (".safetensors", ".input.f32", ".output.f32"))
        subprocess.run([program, "--make", weights, picture], check=True)
        for threads in options.threads.split(","):
            processes.append(Process(network, int(threads), [program, weights, picture, restored, threads]))

    if options.verbose:
        for process in processes[1:]:
            print(f"\n{process.network}, threads: {process.threads}", flush=True)
            subprocess.run([*process.command, "--verbose"], check=True)
        return

    busy = 0
    for round_number in range(-1, options.runs):  # one round before the first loads the files into memory
        for process in processes:
            busy += not wait_until_idle(options.patience) if round_number >= 0 else 0
            milliseconds = time_process(process.command)
            if round_number >= 0:
                process.times.append(milliseconds)
            if round_number < 3:  # the peak hardly varies
                process.peaks.append(peak_memory(process.command))

    print(f"{processor()}; {options.runs} runs of each\n")
    print_table([["network", "threads", "median", "fastest", "peak memory", "bar: time", "bar: memory", "whose"]] +
                [process.row() for process in processes])
    if busy:
        print(f"\nIn {busy} of {options.runs * len(processes)} turns the machine was not idle before: take the times "
              "with care.")


if __name__ == "__main__":
    main()
