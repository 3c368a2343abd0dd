#!/usr/bin/python3
"""make_golden.py: what PyTorch makes of the published networks, as the files beside this one (Debian's python3-torch).

NAME.safetensors       w.<state_dict name>, input, output, output_f64: in evaluation mode. output_f64 is the same in
                       double, rounded to float; |output - output_f64| is PyTorch's own rounding error.
NAME_step.safetensors  w.*, input, target, losses (three steps of Adam on one batch), loss_f64, g.* and g64.*
                       (gradients of the first step, in float and in double), p1.* and p3.* (after one and three
                       steps). Without dropout.
"""
import copy
import json
import os

import numpy as np
import torch
import torch.nn as nn

HERE = os.path.dirname(os.path.abspath(__file__))
TYPES = {"float32": "F32", "float64": "F64", "int64": "I64"}


class Depixelizer(nn.Module):
    def __init__(self):
        super().__init__()

        def down(i, o):
            return [nn.Conv2d(i, o, 3, padding=1), nn.BatchNorm2d(o), nn.ReLU(), nn.MaxPool2d(2, 2)]

        self.encoder = nn.Sequential(*down(3, 6), *down(6, 12), *down(12, 24))
        self.decoder = nn.Sequential(nn.ConvTranspose2d(24, 12, 2, stride=2), nn.BatchNorm2d(12), nn.ReLU(),
                                     nn.ConvTranspose2d(12, 6, 2, stride=2), nn.BatchNorm2d(6), nn.ReLU(),
                                     nn.ConvTranspose2d(6, 3, 2, stride=2), nn.BatchNorm2d(3))

    def forward(self, x):
        return self.decoder(self.encoder(x))


def save(name, tensors):
    header, blobs, offset = {}, [], 0
    for key, tensor in tensors.items():
        array = np.ascontiguousarray(tensor.detach().numpy())
        data = array.tobytes()
        shape = list(tensor.shape)
        header[key] = {"dtype": TYPES[array.dtype.name], "shape": shape, "data_offsets": [offset, offset + len(data)]}
        offset += len(data)
        blobs.append(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(os.path.join(HERE, name), "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text + b"".join(blobs))


def state(prefix, network):
    return {prefix + key: value.clone() for key, value in network.state_dict().items()}


class DocumentsAutoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv2d(1, 16, 3, stride=2, padding=1), nn.ReLU(),
                                     nn.Conv2d(16, 32, 3, stride=2, padding=1), nn.ReLU())
        self.decoder = nn.Sequential(
            nn.ConvTranspose2d(32, 16, 3, stride=2, padding=1, output_padding=1), nn.ReLU(),
            nn.ConvTranspose2d(16, 1, 3, stride=2, padding=1, output_padding=1), nn.Sigmoid())

    def forward(self, x):
        return self.decoder(self.encoder(x))


class PixelShuffleUNet(nn.Module):
    """With two levels instead of five, so that its file stays small."""

    def __init__(self, filters=4, levels=2):
        super().__init__()

        def double_conv(i, o):
            return nn.Sequential(nn.Conv2d(i, o, 3, padding=1), nn.ReLU(), nn.Conv2d(o, o, 3, padding=1), nn.ReLU())

        f = [filters // 2 * 2**level for level in range(levels)]
        self.enc = nn.ModuleList(double_conv(i, o) for i, o in zip([3] + f[:-1], f))
        self.mid = double_conv(f[-1], 2 * f[-1])
        self.up = nn.ModuleList(nn.Conv2d(2 * o, 4 * o, 3, padding=1) for o in reversed(f))
        self.dec = nn.ModuleList(double_conv(2 * o, o) if o != f[0] else double_conv(2 * o, o)[:2] for o in reversed(f))
        self.out = nn.Conv2d(f[0], 3, 1)

    def forward(self, x):
        skips = []
        for encode in self.enc:
            x = encode(x)
            skips.append(x)
            x = nn.functional.max_pool2d(x, 2)
        x = self.mid(x)
        for up, decode, skip in zip(self.up, self.dec, reversed(skips)):
            x = decode(torch.cat([skip, nn.functional.pixel_shuffle(up(x), 2)], 1))
        return torch.sigmoid(self.out(x))


def make_output(name, network, shape):
    for module in network.modules():  # statistics that are not 0 and 1
        if isinstance(module, nn.BatchNorm2d):
            module.weight.data.uniform_(0.5, 1.5)
            module.bias.data.normal_(0, 0.2)
            module.running_mean.normal_(0, 0.3)
            module.running_var.uniform_(0.25, 1.75)
    network.eval()
    x = torch.rand(shape)
    with torch.no_grad():
        save(name + ".safetensors", {**state("w.", network), "input": x, "output": network(x),
                                     "output_f64": copy.deepcopy(network).double()(x.double()).float()})


def make_step(name, network, shape):
    network.train()
    x, target = torch.rand(shape), torch.rand(shape)
    exact = copy.deepcopy(network).double()
    loss = nn.functional.mse_loss(exact(x.double()), target.double())
    loss.backward()
    tensors = {**state("w.", network), "input": x, "target": target, "loss_f64": loss.detach().reshape(1)}
    tensors.update({"g64." + key: value.grad.float() for key, value in exact.named_parameters()})
    adam = torch.optim.Adam(network.parameters(), lr=1e-3)
    losses = []
    for step in range(3):
        adam.zero_grad()
        loss = nn.functional.mse_loss(network(x), target)
        loss.backward()
        losses.append(loss.item())
        if step == 0:
            tensors.update({"g." + key: value.grad.clone() for key, value in network.named_parameters()})
        adam.step()
        if step != 1:
            tensors.update(state(f"p{step + 1}.", network))
    save(name + "_step.safetensors", {**tensors, "losses": torch.tensor(losses)})


def main():
    torch.set_num_threads(1)
    torch.manual_seed(1)
    network = Depixelizer()
    make_output("depixelizer", network, (2, 3, 16, 40))
    make_step("depixelizer", network, (3, 3, 16, 24))
    torch.manual_seed(2)
    network = DocumentsAutoencoder()
    make_output("documents_autoencoder", network, (2, 1, 12, 20))
    make_step("documents_autoencoder", network, (3, 1, 20, 28))
    torch.manual_seed(3)
    network = PixelShuffleUNet()
    make_output("pixel_shuffle_unet", network, (2, 3, 12, 20))
    make_step("pixel_shuffle_unet", network, (3, 3, 16, 12))


if __name__ == "__main__":
    main()
