"""networks.py: the networks of the race in PyTorch 1.13, with seeded weights.

Parameters have the names that they have in depix's models (include/depix/models/), so that one state_dict fits
both. `python3 networks.py` prints each network's parameters and operations.
"""
import os
import sys

import torch
import torch.nn as nn

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tests/golden"))
from pytorch_networks import (Compact, Depixelizer, DocumentsAutoencoder, DRUNet, DRUNetBlock, LayerNorm2d, NAFBlock, NAFNet,
                              PixelShuffleUNet, RRDB, RRDBNet, SPAN, double_conv)


class DeGanGenerator(nn.Module):
    """padding="same" of a 2x2 kernel is one pixel to the right and below, as in Keras."""

    def __init__(self, filters=64):
        super().__init__()
        f = filters
        self.conv1, self.conv2, self.conv3 = double_conv(1, f), double_conv(f, 2 * f), double_conv(2 * f, 4 * f)
        self.conv4, self.conv5 = double_conv(4 * f, 8 * f), double_conv(8 * f, 16 * f)
        self.pool, self.drop, self.upsample = nn.MaxPool2d(2), nn.Dropout(0.5), nn.Upsample(scale_factor=2)
        self.up6, self.conv6 = nn.Conv2d(16 * f, 8 * f, 2, padding="same"), double_conv(16 * f, 8 * f)
        self.up7, self.conv7 = nn.Conv2d(8 * f, 4 * f, 2, padding="same"), double_conv(8 * f, 4 * f)
        self.up8, self.conv8 = nn.Conv2d(4 * f, 2 * f, 2, padding="same"), double_conv(4 * f, 2 * f)
        self.up9, self.conv9 = nn.Conv2d(2 * f, f, 2, padding="same"), double_conv(2 * f, f)
        self.conv9b, self.conv10 = nn.Conv2d(f, 2, 3, padding=1), nn.Conv2d(2, 1, 1)

    def forward(self, x):
        def join(skip, up, below):
            return torch.cat([skip, torch.relu(up(self.upsample(below)))], 1)

        x1 = self.conv1(x)
        x2 = self.conv2(self.pool(x1))
        x3 = self.conv3(self.pool(x2))
        x4 = self.drop(self.conv4(self.pool(x3)))
        x = self.drop(self.conv5(self.pool(x4)))
        x = self.conv6(join(x4, self.up6, x))
        x = self.conv7(join(x3, self.up7, x))
        x = self.conv8(join(x2, self.up8, x))
        x = self.conv9(join(x1, self.up9, x))
        return torch.sigmoid(self.conv10(torch.relu(self.conv9b(x))))


class SRBlock(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.conv1, self.bn1, self.prelu = nn.Conv2d(c, c, 3, padding=1), nn.BatchNorm2d(c), nn.PReLU()
        self.conv2, self.bn2 = nn.Conv2d(c, c, 3, padding=1), nn.BatchNorm2d(c)

    def forward(self, x):
        return x + self.bn2(self.conv2(self.prelu(self.bn1(self.conv1(x)))))


class SRResNet(nn.Module):
    def __init__(self, c=64, blocks=16):
        super().__init__()
        self.head, self.head_act = nn.Conv2d(3, c, 9, padding=4), nn.PReLU()
        self.blocks = nn.Sequential(*(SRBlock(c) for _ in range(blocks)))
        self.body, self.body_bn = nn.Conv2d(c, c, 3, padding=1), nn.BatchNorm2d(c)
        self.up = nn.Sequential(nn.Conv2d(c, 4 * c, 3, padding=1), nn.PixelShuffle(2), nn.PReLU(),
                                nn.Conv2d(c, 4 * c, 3, padding=1), nn.PixelShuffle(2), nn.PReLU())
        self.tail = nn.Conv2d(c, 3, 9, padding=4)

    def forward(self, x):
        x = self.head_act(self.head(x))
        return self.tail(self.up(x + self.body_bn(self.body(self.blocks(x)))))


class MobileBottleneck(nn.Module):
    def __init__(self, i, o, wide, stride):
        super().__init__()
        layers = [mobile_conv(i, wide * i, 1)] if wide > 1 else []
        self.conv = nn.Sequential(*layers, mobile_conv(wide * i, wide * i, 3, stride, wide * i),
                                  nn.Conv2d(wide * i, o, 1, bias=False), nn.BatchNorm2d(o))
        self.skip = stride == 1 and i == o

    def forward(self, x):
        return x + self.conv(x) if self.skip else self.conv(x)


def mobile_conv(i, o, kernel, stride=1, groups=1):
    return nn.Sequential(nn.Conv2d(i, o, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(o),
                         nn.ReLU6())


class MobileNetV2(nn.Module):
    """The features of torchvision's mobilenet_v2(width_mult=0.35); c are the channels of its stages."""

    def __init__(self, c=(16, 8, 8, 16, 24, 32, 56, 112)):
        super().__init__()
        layers, i = [mobile_conv(3, c[0], 3, 2), MobileBottleneck(c[0], c[1], 1, 1)], c[1]
        for o, count, stride in zip(c[2:], (2, 3, 4, 3, 3, 1), (2, 2, 2, 1, 2, 1)):
            for k in range(count):
                layers.append(MobileBottleneck(i, o, 6, stride if k == 0 else 1))
                i = o
        self.features = nn.Sequential(*layers, mobile_conv(i, 1280, 1))

    def forward(self, x):
        return self.features(x)


class Entry:
    """One network of the race, with the shapes of what it restores and of the batch of one training step, both (batch,
    channels, height, width). training_shape is None where it is not trained here.
    """

    def __init__(self, module, shape, training_shape=None, loss=nn.functional.mse_loss):
        self.module, self.shape, self.training_shape, self.loss = module, shape, training_shape, loss


NETWORKS = {
    "depixelizer": Entry(Depixelizer, (1, 3, 64, 256), (32, 3, 64, 256)),
    "documents_autoencoder": Entry(DocumentsAutoencoder, (1, 1, 420, 540), (16, 1, 420, 540)),
    "pixel_shuffle_unet": Entry(PixelShuffleUNet, (1, 3, 512, 512), (1, 3, 512, 512)),
    "de_gan_generator": Entry(DeGanGenerator, (1, 1, 256, 256), (1, 1, 256, 256), nn.functional.binary_cross_entropy),
    "srresnet": Entry(SRResNet, (1, 3, 96, 96), (4, 3, 24, 24)),
    "rrdb": Entry(RRDB, (1, 3, 24, 24)),
    "compact": Entry(Compact, (1, 3, 128, 128)),
    "rrdbnet_6": Entry(RRDBNet, (1, 3, 128, 128)),
    "span": Entry(SPAN, (1, 3, 128, 128)),
    "nafnet": Entry(NAFNet, (1, 3, 256, 256)),
    "mobilenet_v2": Entry(MobileNetV2, (1, 3, 224, 224)),
    "drunet": Entry(DRUNet, (1, 4, 128, 128)),
}

# Adam's, in every worker. It is small, so that thousands of steps on one batch stay stable.
LEARNING_RATE = 1e-4


def build(name, seed=1):
    """The network with seeded weights, in evaluation mode.

    Weights are He-normal, so that signals neither vanish nor grow. Biases, slopes and the statistics of batch norms are
    random too, because at 0 and 1 a mistake in them would not show in the output.
    """
    network = NETWORKS[name].module()
    generator = torch.Generator().manual_seed(seed)

    def normal(like, deviation):
        return torch.randn(like.shape, generator=generator) * deviation

    def uniform(like, low, high):
        return low + (high - low) * torch.rand(like.shape, generator=generator)

    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
            # fan_in is how many products make one output. In a transposed convolution it is 1 / stride^2 of the
            # kernel's.
            fan_in = module.in_channels * module.weight[0, 0].numel()
            if isinstance(module, nn.ConvTranspose2d):
                fan_in /= module.stride[0] * module.stride[1]
            module.weight.data = normal(module.weight, (2 / fan_in) ** 0.5)
            if module.bias is not None:
                module.bias.data = normal(module.bias, 0.1)
        elif isinstance(module, NAFBlock):
            module.beta.data, module.gamma.data = uniform(module.beta, 0.1, 0.3), uniform(module.gamma, 0.1, 0.3)
        elif isinstance(module, LayerNorm2d):
            module.weight.data = uniform(module.weight, 0.5, 1.5)
            module.bias.data = normal(module.bias, 0.2)
        elif isinstance(module, nn.BatchNorm2d):
            module.weight.data = uniform(module.weight, 0.5, 1.5)
            module.bias.data = normal(module.bias, 0.2)
            module.running_mean = normal(module.running_mean, 0.3)
            module.running_var = uniform(module.running_var, 0.25, 1.75)
        elif isinstance(module, nn.PReLU):
            module.weight.data = uniform(module.weight, 0.05, 0.45)
    for module in network.modules():
        if isinstance(module, SRBlock):  # damps what each of 16 blocks adds; the sum would grow
            module.bn2.weight.data *= 0.2
        elif isinstance(module, DRUNetBlock):
            module.res[2].weight.data *= 0.2
    return network.eval()


def count_multiply_adds(network, shape):
    """Multiply-adds of all convolutions for an input of this shape, as direct convolution makes them."""
    counts = []

    def count(module, inputs, output):
        # Every input of a transposed convolution, and every output of another, takes one product for each weight of a
        # channel.
        which = inputs[0] if isinstance(module, nn.ConvTranspose2d) else output
        counts.append(which.numel() * module.weight[0].numel())

    hooks = [module.register_forward_hook(count) for module in network.modules()
             if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d))]
    with torch.no_grad():
        network(torch.zeros(shape))
    for hook in hooks:
        hook.remove()
    return sum(counts)


if __name__ == "__main__":
    for network_name, entry in NETWORKS.items():
        built = build(network_name)
        parameters = sum(parameter.numel() for parameter in built.parameters())
        operations = 2e-9 * count_multiply_adds(built, entry.shape)
        shape = "x".join(map(str, entry.shape))
        print(f"{network_name:24}{shape:>14}{parameters:>12,} parameters{operations:9.3f} GFLOP")
