#!/usr/bin/python3
"""export.py FOLDER [NETWORK...]: writes what all peers of the race are given (default: all networks).

NETWORK.onnx                 opset 13, weights inside, input "input", output "output"
NETWORK.safetensors          the same weights, under the names of state_dict
NETWORK.input.f32            the picture, raw floats
NETWORK.output.f32           what the network makes of it, computed in double and rounded to float
NETWORK.training_input.f32   a batch for training steps, and
NETWORK.training_target.f32  what it should become
NETWORK.json                 shapes, multiply-adds, the output's range, and the losses that training should begin with

A network whose files are there, and newer than networks.py and this script, is not exported again.
"""
import copy
import json
import os
import statistics
import sys

import torch

import networks
import weights

HERE = os.path.dirname(os.path.abspath(__file__))


def same_convolution(graph, picture, weight, bias, *_):
    """ONNX for padding="same", which PyTorch 1.13 cannot export. For a 2x2 kernel it is one pixel right and below."""
    return graph.op("Conv", picture, weight, bias, kernel_shape_i=[2, 2], pads_i=[0, 0, 1, 1])


def export_onnx(path, network, picture):
    torch.onnx.register_custom_op_symbolic("aten::_convolution_mode", same_convolution, 13)
    torch.onnx.export(network, picture, path, opset_version=13, input_names=["input"], output_names=["output"])


def first_losses(network, loss_function, picture, target):
    """The losses of the first steps of Adam, in double, and the largest relative error that a peer's losses may have.

    Every peer draws dropout in its own way. With dropout only the first loss is predicted, as the mean of several
    draws, and the tolerance is six times their deviation.
    """
    network = copy.deepcopy(network).train()
    # One step changes the depixelizer's loss least. The tolerance is a tenth of that change, and the error of single
    # precision is a tenth of the tolerance.
    tolerance = 2e-5
    if any(isinstance(module, torch.nn.Dropout) for module in network.modules()):
        with torch.no_grad():
            draws = [loss_function(network(picture), target).item() for _ in range(6)]
        mean = statistics.mean(draws)
        return [mean], max(tolerance, 6 * statistics.stdev(draws) / mean)
    network, picture, target = network.double(), picture.double(), target.double()
    adam = torch.optim.Adam(network.parameters(), lr=networks.LEARNING_RATE)
    losses = []
    for _ in range(3):
        adam.zero_grad()
        loss = loss_function(network(picture), target)
        loss.backward()
        adam.step()
        losses.append(loss.item())
    return losses, tolerance


def export(folder, name, entry=None, onnx=True):
    """entry holds the shapes, if they are not those of networks.py."""
    path, entry, network = os.path.join(folder, name), entry or networks.NETWORKS[name], networks.build(name)
    torch.manual_seed(7)
    picture = torch.rand(entry.shape)
    with torch.no_grad():
        output = copy.deepcopy(network).double()(picture.double()).float()
    weights.save(path + ".safetensors", network.state_dict())
    if onnx:
        export_onnx(path + ".onnx", network, picture)
    picture.numpy().tofile(path + ".input.f32")
    output.numpy().tofile(path + ".output.f32")
    facts = {"shape": entry.shape, "output_range": (output.max() - output.min()).item(),
             "multiply_adds": networks.count_multiply_adds(network, entry.shape)}
    if entry.training_shape:
        batch = torch.rand(entry.training_shape)
        with torch.no_grad():
            target = torch.rand(entry.training_shape[:1] + network(batch[:1]).shape[1:])
        batch.numpy().tofile(path + ".training_input.f32")
        target.numpy().tofile(path + ".training_target.f32")
        losses, tolerance = first_losses(network, entry.loss, batch, target)
        facts["training"] = {"shape": entry.training_shape, "losses": losses, "tolerance": tolerance,
                             "multiply_adds": networks.count_multiply_adds(network, entry.training_shape)}
    # This file is written last, and renamed when it is complete. Where it exists, all files exist.
    with open(path + ".json.part", "w") as file:
        json.dump(facts, file)
    os.replace(path + ".json.part", path + ".json")


def is_exported(folder, name):
    path = os.path.join(folder, name + ".json")
    sources = [os.path.join(HERE, source) for source in ("networks.py", "export.py")]
    return os.path.exists(path) and os.path.getmtime(path) > max(map(os.path.getmtime, sources))


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    for name in sys.argv[2:] or networks.NETWORKS:
        if not is_exported(folder, name):
            print(f"exporting {name}", flush=True)
            export(folder, name)


if __name__ == "__main__":
    main()
