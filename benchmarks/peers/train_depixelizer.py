#!/usr/bin/python3
"""train_depixelizer.py WORKER [--threads 2] [--rounds 8]: one training step of the depixelizer, depix beside PyTorch.

Both make steps in turn in one run (batch 32, forward, backward, Adam), a few each, the other one asleep; medians are
printed, and what they make of an epoch of 18,000 pairs. WORKER is the built benchmarks/peers/worker_train.cpp.
PyTorch: Debian's python3-torch, eager, in its default memory format and channels last.
"""
import argparse
import json
import os
import statistics
import subprocess
import time

import torch
import torch.nn as nn


def depixelizer():
    def down(i, o):
        return [nn.Conv2d(i, o, 3, padding=1), nn.BatchNorm2d(o), nn.ReLU(), nn.MaxPool2d(2, 2)]

    return nn.Sequential(*down(3, 6), *down(6, 12), *down(12, 24),
                         nn.ConvTranspose2d(24, 12, 2, stride=2), nn.BatchNorm2d(12), nn.ReLU(),
                         nn.ConvTranspose2d(12, 6, 2, stride=2), nn.BatchNorm2d(6), nn.ReLU(),
                         nn.ConvTranspose2d(6, 3, 2, stride=2), nn.BatchNorm2d(3))


def torch_stepper(channels_last):
    net, x, t = depixelizer().train(), torch.rand(32, 3, 64, 256), torch.rand(32, 3, 64, 256)
    if channels_last:
        net, x, t = (v.to(memory_format=torch.channels_last) for v in (net, x, t))
    adam = torch.optim.Adam(net.parameters(), lr=1e-3)

    def steps(count):
        times = []
        for _ in range(count):
            start = time.perf_counter()
            adam.zero_grad()
            nn.functional.mse_loss(net(x), t).backward()
            adam.step()
            times.append((time.perf_counter() - start) * 1e3)
        return times

    steps(2)
    return steps


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("worker")
    arguments.add_argument("--threads", type=int, default=2)
    arguments.add_argument("--rounds", type=int, default=8)
    options = arguments.parse_args()

    torch.set_num_threads(options.threads)
    worker = subprocess.Popen([options.worker, str(options.threads)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              text=True, env={**os.environ, "OMP_NUM_THREADS": str(options.threads)})
    assert worker.stdout.readline() == "ready\n"

    def depix(count):
        worker.stdin.write(f"{count}\n")
        worker.stdin.flush()
        return json.loads(worker.stdout.readline())

    peers = {"depix": depix, "PyTorch": torch_stepper(False), "PyTorch, channels last": torch_stepper(True)}
    times = {name: [] for name in peers}
    for _ in range(options.rounds):
        for name, steps in peers.items():
            time.sleep(0.3)  # until the threads of the one before have gone to sleep
            times[name] += steps(6)[1:]
    worker.stdin.close()
    worker.wait()

    best = min(statistics.median(values) for name, values in times.items() if name != "depix")
    print(f"one training step, batch 32, {options.threads} threads (PyTorch {torch.__version__})")
    for name, values in times.items():
        median = statistics.median(values)
        print(f"{name:24} median {median:7.1f} ms   minimum {min(values):7.1f} ms   "
              f"epoch of 18,000 pairs {median * 18000 / 32 / 1e3:6.1f} s")
    print(f"depix is {best / statistics.median(times['depix']):.1f} times as fast as the better of the two")


if __name__ == "__main__":
    main()
