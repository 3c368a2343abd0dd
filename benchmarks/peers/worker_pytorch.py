"""worker_pytorch.py FOLDER NETWORK SHAPE THREADS restore|train [jit] [channels_last]: PyTorch in the race.

The protocol is that of worker.hpp. Without "jit", operators are called one by one ("eager").
"""
import json
import os
import sys
import time

import numpy as np
import torch

import networks
import weights


def read_tensor(path, shape):
    return torch.from_numpy(np.fromfile(path, np.float32)).reshape(shape)


def prepare_restoring(network, path, shape, options):
    picture = read_tensor(path + ".input.f32", shape)
    if "channels_last" in options:
        network, picture = (part.to(memory_format=torch.channels_last) for part in (network, picture))
    if "jit" in options:
        with torch.no_grad():
            network = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(network, picture)))
            for _ in range(3):  # the first runs profile and compile
                network(picture)

    def step():
        with torch.inference_mode():
            return network(picture)

    output = step()
    error = (output - read_tensor(path + ".output.f32", output.shape)).abs().max().item()
    return {"error": error}, step


def prepare_training(network, name, path, shape, options):
    picture = read_tensor(path + ".training_input.f32", shape)
    with torch.no_grad():
        target_shape = shape[:1] + network(picture[:1]).shape[1:]
    target = read_tensor(path + ".training_target.f32", target_shape)
    network.train()
    if "channels_last" in options:
        network, picture, target = (part.to(memory_format=torch.channels_last) for part in (network, picture, target))
    adam = torch.optim.Adam(network.parameters(), lr=networks.LEARNING_RATE)
    loss_function = networks.NETWORKS[name].loss

    def step():
        adam.zero_grad(set_to_none=True)
        loss = loss_function(network(picture), target)
        loss.backward()
        adam.step()
        return loss

    return {"losses": [step().item() for _ in range(3)]}, step


def main():
    folder, name, shape, threads, mode, *options = sys.argv[1:]
    torch.set_num_threads(int(threads))
    path, shape = os.path.join(folder, name), tuple(map(int, shape.split("x")))
    network = networks.NETWORKS[name].module()
    network.load_state_dict(weights.load(path + ".safetensors"))
    network.eval()
    if mode == "train":
        facts, step = prepare_training(network, name, path, shape, options)
    else:
        facts, step = prepare_restoring(network, path, shape, options)
    print("ready", json.dumps({**facts, "version": torch.__version__}), flush=True)
    for line in sys.stdin:
        times = []
        for _ in range(int(line)):
            start = time.perf_counter()
            step()
            times.append((time.perf_counter() - start) * 1e3)
        print(json.dumps(times), flush=True)


if __name__ == "__main__":
    main()
