#!/usr/bin/python3
"""make_golden.py: what PyTorch makes of the published networks, as the files beside this one (Debian's python3-torch).

NAME.safetensors       w.<state_dict name>, input, output, output_f64: in evaluation mode. output_f64 is the same in
                       double, rounded to float; |output - output_f64| is PyTorch's own rounding error.
convolutions.safetensors  NAME.weight, NAME.bias, NAME.input, NAME.output, NAME.output_gradient, and the gradients
                       NAME.d_weight, NAME.d_bias, NAME.d_input of single convolutions, computed in double.
NAME_step.safetensors  w.*, input, target, losses (three steps of Adam on one batch), loss_f64, g.* and g64.*
                       (gradients of the first step, in float and in double), p1.* and p3.* (after one and three
                       steps). Without dropout. The loss is the mean squared error, of srgan_discriminator the binary
                       cross-entropy.
losses.safetensors     For each loss NAME of `input` and `target`: NAME.loss and NAME.gradient, computed in double.
                       PyTorch has no SSIM, so it is written with conv2d here, and its gradient is autograd's.
layers.safetensors     For each single layer NAME: NAME.input, NAME.output, NAME.output_gradient, NAME.input_gradient, its
                       parameters NAME.weight ... and their gradients NAME.g.weight ..., all computed in double and
                       rounded to float.
pytorch_zip.pth, pytorch_legacy.pth  One checkpoint in both formats of torch.save; pytorch_tensors.safetensors has its
                       tensors, dense. In the legacy format the names of storages are addresses in memory, so that the
                       file differs from run to run.
"""
import argparse
import collections
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


class SrganDiscriminator(nn.Module):
    """One channel wide and for pictures of 32x32, so that its file stays small."""

    def __init__(self, filters=1, hidden=8, side=32):
        super().__init__()
        f = filters
        layers, i = [nn.Conv2d(3, f, 3, padding=1), nn.LeakyReLU(0.2)], f
        for o, stride in [(f, 2), (2 * f, 1), (2 * f, 2), (4 * f, 1), (4 * f, 2), (8 * f, 1), (8 * f, 2)]:
            layers += [nn.Conv2d(i, o, 3, stride=stride, padding=1), nn.BatchNorm2d(o), nn.LeakyReLU(0.2)]
            i = o
        self.features = nn.Sequential(*layers)
        self.fc1, self.fc2 = nn.Linear(8 * f * (side // 16) ** 2, hidden), nn.Linear(hidden, 1)

    def forward(self, x):
        x = self.fc1(torch.flatten(self.features(x), 1))
        return torch.sigmoid(self.fc2(nn.functional.leaky_relu(x, 0.2))).reshape(-1, 1, 1, 1)


class DenseResidualBlock(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.b1, self.b2, self.b3, self.b4 = (
            nn.Sequential(nn.Conv2d(k * c, c, 3, padding=1), nn.LeakyReLU()) for k in range(1, 5))
        self.b5 = nn.Sequential(nn.Conv2d(5 * c, c, 3, padding=1))

    def forward(self, x):
        inputs = x
        for block in (self.b1, self.b2, self.b3, self.b4):
            inputs = torch.cat([inputs, block(inputs)], 1)
        return x + 0.2 * self.b5(inputs)


class RRDBBlock(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.dense_blocks = nn.Sequential(*(DenseResidualBlock(c) for _ in range(3)))

    def forward(self, x):
        return x + 0.2 * self.dense_blocks(x)


def start_he_normal(network):
    """With PyTorch's own start the gradients of so narrow a network nearly vanish, deep inside."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight)
            nn.init.normal_(module.bias, 0, 0.1)


class RRDB(nn.Module):
    """Two channels wide and with two blocks, so that its file stays small."""

    def __init__(self, c=2, blocks=2):
        super().__init__()
        self.conv1 = nn.Conv2d(3, c, 3, padding=1)
        self.res_blocks = nn.Sequential(*(RRDBBlock(c) for _ in range(blocks)))
        self.conv2 = nn.Conv2d(c, c, 3, padding=1)
        self.upsampling = nn.Sequential(nn.Conv2d(c, 4 * c, 3, padding=1), nn.LeakyReLU(), nn.PixelShuffle(2),
                                        nn.Conv2d(c, 4 * c, 3, padding=1), nn.LeakyReLU(), nn.PixelShuffle(2))
        self.conv3 = nn.Sequential(nn.Conv2d(c, c, 3, padding=1), nn.LeakyReLU(), nn.Conv2d(c, 3, 3, padding=1))
        start_he_normal(self)

    def forward(self, x):
        x = self.conv1(x)
        return self.conv3(self.upsampling(x + self.conv2(self.res_blocks(x))))


class GrowthDenseBlock(nn.Module):
    """Names as in BasicSR's ResidualDenseBlock."""

    def __init__(self, c, growth):
        super().__init__()
        for k in range(4):
            setattr(self, f"conv{k + 1}", nn.Conv2d(c + k * growth, growth, 3, padding=1))
        self.conv5 = nn.Conv2d(c + 4 * growth, c, 3, padding=1)

    def forward(self, x):
        inputs = x
        for conv in (self.conv1, self.conv2, self.conv3, self.conv4):
            inputs = torch.cat([inputs, nn.functional.leaky_relu(conv(inputs), 0.2)], 1)
        return x + 0.2 * self.conv5(inputs)


class GrowthRRDB(nn.Module):
    def __init__(self, c, growth):
        super().__init__()
        self.rdb1, self.rdb2, self.rdb3 = (GrowthDenseBlock(c, growth) for _ in range(3))

    def forward(self, x):
        return x + 0.2 * self.rdb3(self.rdb2(self.rdb1(x)))


class RRDBNet(nn.Module):
    """ESRGAN's generator, three channels wide and with two blocks, so that its file stays small."""

    def __init__(self, c=3, growth=2, blocks=2):
        super().__init__()
        self.conv_first = nn.Conv2d(3, c, 3, padding=1)
        self.body = nn.Sequential(*(GrowthRRDB(c, growth) for _ in range(blocks)))
        self.conv_body, self.conv_up1, self.conv_up2, self.conv_hr = (
            nn.Conv2d(c, c, 3, padding=1) for _ in range(4))
        self.conv_last = nn.Conv2d(c, 3, 3, padding=1)
        start_he_normal(self)

    def forward(self, x):
        x = self.conv_first(x)
        x = x + self.conv_body(self.body(x))
        for conv in (self.conv_up1, self.conv_up2):
            x = nn.functional.leaky_relu(conv(nn.functional.interpolate(x, scale_factor=2, mode="nearest")), 0.2)
        return self.conv_last(nn.functional.leaky_relu(self.conv_hr(x), 0.2))


class DoubleConv(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.conv = nn.Sequential(nn.Conv2d(i, o, 3, padding=1, bias=False), nn.BatchNorm2d(o), nn.ReLU(),
                                  nn.Conv2d(o, o, 3, padding=1, bias=False), nn.BatchNorm2d(o), nn.ReLU())

    def forward(self, x):
        return self.conv(x)


class DeGanPyTorchGenerator(nn.Module):
    """64 filters are published. Few keep the file small."""

    def __init__(self, filters=64):
        super().__init__()
        f = [filters * 2**level for level in range(4)]
        self.downs = nn.ModuleList(DoubleConv(i, o) for i, o in zip([1] + f[:-1], f))
        self.bottleneck = DoubleConv(f[-1], 2 * f[-1])
        self.ups = nn.ModuleList()
        for o in reversed(f):
            self.ups += [nn.ConvTranspose2d(2 * o, o, 2, stride=2), DoubleConv(2 * o, o)]
        self.final_conv = nn.Conv2d(f[0], 1, 1)

    def forward(self, x):
        skips = []
        for down in self.downs:
            x = down(x)
            skips.append(x)
            x = nn.functional.max_pool2d(x, 2)
        x = self.bottleneck(x)
        for up, conv, skip in zip(self.ups[::2], self.ups[1::2], reversed(skips)):
            x = conv(torch.cat([skip, up(x)], 1))
        return self.final_conv(x)


class DeGanPyTorchDiscriminator(nn.Module):
    """64 filters are published. Few keep the file small."""

    def __init__(self, filters=64):
        super().__init__()
        f, layers, i = filters, [], 2
        for o, norm, pool in [(f, False, True), (2 * f, False, True), (4 * f, True, True), (4 * f, True, True),
                              (4 * f, True, False)]:
            layers += [nn.Conv2d(i, o, 3, padding=1), nn.LeakyReLU(0.01)]
            layers += [nn.BatchNorm2d(o)] * norm + [nn.MaxPool2d(2)] * pool
            i = o
        self.disc = nn.Sequential(*layers, nn.Conv2d(i, 1, 3, padding=1))

    def forward(self, x):
        return self.disc(x)


def chain(*modules):
    return nn.Sequential(*modules)


class Compact(nn.Module):
    def __init__(self, features=64, convolutions=16, scale=4):
        super().__init__()
        self.scale = scale
        layers = [nn.Conv2d(3, features, 3, padding=1), nn.PReLU(features)]
        for _ in range(convolutions):
            layers += [nn.Conv2d(features, features, 3, padding=1), nn.PReLU(features)]
        self.body = chain(*layers, nn.Conv2d(features, 3 * scale * scale, 3, padding=1))

    def forward(self, x):
        added = nn.functional.pixel_shuffle(self.body(x), self.scale)
        return added + nn.functional.interpolate(x, scale_factor=self.scale, mode="nearest")


def rectified_chain(channels, out, convolutions, features):
    layers = [nn.Conv2d(channels, features, 3, padding=1), nn.ReLU()]
    for _ in range(convolutions - 2):
        layers += [nn.Conv2d(features, features, 3, padding=1), nn.ReLU()]
    return chain(*layers, nn.Conv2d(features, out, 3, padding=1))


class DnCNN(nn.Module):
    def __init__(self, channels=1, convolutions=17, features=64):
        super().__init__()
        self.model = rectified_chain(channels, channels, convolutions, features)

    def forward(self, x):
        return x - self.model(x)


class FFDNet(nn.Module):
    def __init__(self, channels=3, convolutions=12, features=96):
        super().__init__()
        self.model = rectified_chain(4 * channels + 1, 4 * channels, convolutions, features)

    def forward(self, x):
        squares = nn.functional.pixel_unshuffle(x[:, :-1], 2)
        noise = nn.functional.avg_pool2d(x[:, -1:], 2)
        return nn.functional.pixel_shuffle(self.model(torch.cat([squares, noise], 1)), 2)


class DRUNet(nn.Module):
    class Block(nn.Module):
        def __init__(self, c):
            super().__init__()
            self.res = chain(nn.Conv2d(c, c, 3, padding=1, bias=False), nn.ReLU(),
                             nn.Conv2d(c, c, 3, padding=1, bias=False))

        def forward(self, x):
            return x + self.res(x)

    def __init__(self, channels=3, f=64, blocks=4):
        super().__init__()
        many = lambda c: [DRUNet.Block(c) for _ in range(blocks)]
        down = lambda c: chain(*many(c), nn.Conv2d(c, 2 * c, 2, stride=2, bias=False))
        up = lambda c: chain(nn.ConvTranspose2d(2 * c, c, 2, stride=2, bias=False), *many(c))
        self.m_head = nn.Conv2d(channels + 1, f, 3, padding=1, bias=False)
        self.m_down1, self.m_down2, self.m_down3 = down(f), down(2 * f), down(4 * f)
        self.m_body = chain(*many(8 * f))
        self.m_up3, self.m_up2, self.m_up1 = up(4 * f), up(2 * f), up(f)
        self.m_tail = nn.Conv2d(f, channels, 3, padding=1, bias=False)

    def forward(self, x):
        x1 = self.m_head(x)
        x2 = self.m_down1(x1)
        x3 = self.m_down2(x2)
        x4 = self.m_down3(x3)
        y = self.m_up3(self.m_body(x4) + x4)
        y = self.m_up1(self.m_up2(y + x3) + x2)
        return self.m_tail(y + x1)


class ResidualBody(nn.Module):
    def __init__(self, *modules):
        super().__init__()
        self.body = chain(*modules)

    def forward(self, x):
        return x + self.body(x)


class ChannelAttention(nn.Module):
    def __init__(self, f, reduction):
        super().__init__()
        self.conv_du = chain(nn.Conv2d(f, f // reduction, 1), nn.ReLU(), nn.Conv2d(f // reduction, f, 1), nn.Sigmoid())

    def forward(self, x):
        return x * self.conv_du(nn.functional.adaptive_avg_pool2d(x, 1))


class EDSR(nn.Module):
    """EDSR, and with another body RCAN, at a scale of 4."""

    def __init__(self, f, body):
        super().__init__()
        conv = lambda a, b: nn.Conv2d(a, b, 3, padding=1)
        self.sub_mean = nn.Conv2d(3, 3, 1)
        self.head = chain(conv(3, f))
        self.body = chain(*body, conv(f, f))
        self.tail = chain(chain(conv(f, 4 * f), nn.PixelShuffle(2), conv(f, 4 * f), nn.PixelShuffle(2)), conv(f, 3))
        self.add_mean = nn.Conv2d(3, 3, 1)

    def forward(self, x):
        x = self.head(self.sub_mean(x))
        return self.add_mean(self.tail(x + self.body(x)))


def edsr(f=64, blocks=16):
    conv = lambda: nn.Conv2d(f, f, 3, padding=1)
    return EDSR(f, [ResidualBody(conv(), nn.ReLU(), conv()) for _ in range(blocks)])


def rcan(f=64, groups=10, blocks=20, reduction=16):
    conv = lambda: nn.Conv2d(f, f, 3, padding=1)
    block = lambda: ResidualBody(conv(), nn.ReLU(), conv(), ChannelAttention(f, reduction))
    return EDSR(f, [ResidualBody(*[block() for _ in range(blocks)], conv()) for _ in range(groups)])


class SPAN(nn.Module):
    """With convolutions of 3x3, or as it is trained, with TrainedConv in their place."""

    class Conv(nn.Module):
        def __init__(self, a, b):
            super().__init__()
            self.eval_conv = nn.Conv2d(a, b, 3, padding=1)

        def forward(self, x):
            return self.eval_conv(x)

    class TrainedConv(nn.Module):
        def __init__(self, a, b):
            super().__init__()
            self.conv = chain(nn.Conv2d(a, 2 * a, 1, padding=1), nn.Conv2d(2 * a, 2 * b, 3), nn.Conv2d(2 * b, b, 1))
            self.sk = nn.Conv2d(a, b, 1)

        def forward(self, x):
            return self.conv(x) + self.sk(x)

    class Block(nn.Module):
        def __init__(self, c, conv):
            super().__init__()
            self.c1_r, self.c2_r, self.c3_r = conv(c, c), conv(c, c), conv(c, c)

        def forward(self, x):
            silu = nn.functional.silu
            first = silu(self.c1_r(x))
            f = self.c3_r(silu(self.c2_r(first)))
            return (f + x) * (torch.sigmoid(f) - 0.5), first

    def __init__(self, scale=4, c=48, conv=Conv):
        super().__init__()
        self.conv_1 = conv(3, c)
        for i in range(1, 7):
            setattr(self, f"block_{i}", SPAN.Block(c, conv))
        self.conv_cat = nn.Conv2d(4 * c, c, 1)
        self.conv_2 = conv(c, c)
        self.upsampler = chain(nn.Conv2d(c, 3 * scale * scale, 3, padding=1), nn.PixelShuffle(scale))

    def forward(self, x):
        features = self.conv_1(x)
        first, _ = self.block_1(features)
        y = first
        for i in range(2, 6):
            y, _ = getattr(self, f"block_{i}")(y)
        y, last = self.block_6(y)
        return self.upsampler(self.conv_cat(torch.cat([features, self.conv_2(y), first, last], 1)))


class CUNet(nn.Module):
    """waifu2x's cunet, or upcunet at a scale of 2."""

    class Convs(nn.Module):
        def __init__(self, a, b, c, reduction=None):
            super().__init__()
            leaky = lambda: nn.LeakyReLU(0.1)
            self.conv = chain(nn.Conv2d(a, b, 3), leaky(), nn.Conv2d(b, c, 3), leaky())
            if reduction:
                self.seblock = nn.Module()
                self.seblock.conv1, self.seblock.conv2 = nn.Conv2d(c, c // reduction, 1), nn.Conv2d(c // reduction, c, 1)

        def forward(self, x):
            x = self.conv(x)
            if not hasattr(self, "seblock"):
                return x
            means = nn.functional.adaptive_avg_pool2d(x, 1)
            return x * torch.sigmoid(self.seblock.conv2(torch.relu(self.seblock.conv1(means))))

    class UNet1(nn.Module):
        def __init__(self, f, reduction, bottom):
            super().__init__()
            self.conv1, self.conv1_down = CUNet.Convs(3, f // 2, f), nn.Conv2d(f, f, 2, 2)
            self.conv2, self.conv2_up = CUNet.Convs(f, 2 * f, f, reduction), nn.ConvTranspose2d(f, f, 2, 2)
            self.conv3, self.conv_bottom = nn.Conv2d(f, f, 3), bottom

        def forward(self, x):
            leaky = lambda x: nn.functional.leaky_relu(x, 0.1)
            x1 = self.conv1(x)
            x2 = leaky(self.conv2_up(self.conv2(leaky(self.conv1_down(x1)))))
            return self.conv_bottom(leaky(self.conv3(x1[:, :, 4:-4, 4:-4] + x2)))

    class UNet2(nn.Module):
        def __init__(self, f, reduction):
            super().__init__()
            self.conv1, self.conv1_down = CUNet.Convs(3, f // 2, f), nn.Conv2d(f, f, 2, 2)
            self.conv2, self.conv2_down = CUNet.Convs(f, f, 2 * f, reduction), nn.Conv2d(2 * f, 2 * f, 2, 2)
            self.conv3 = CUNet.Convs(2 * f, 4 * f, 2 * f, reduction)
            self.conv3_up = nn.ConvTranspose2d(2 * f, 2 * f, 2, 2)
            self.conv4, self.conv4_up = CUNet.Convs(2 * f, f, f, reduction), nn.ConvTranspose2d(f, f, 2, 2)
            self.conv5, self.conv_bottom = nn.Conv2d(f, f, 3), nn.Conv2d(f, 3, 3)

        def forward(self, x):
            leaky = lambda x: nn.functional.leaky_relu(x, 0.1)
            x1 = self.conv1(x)
            x2 = self.conv2(leaky(self.conv1_down(x1)))
            x3 = leaky(self.conv3_up(self.conv3(leaky(self.conv2_down(x2)))))
            x4 = leaky(self.conv4_up(self.conv4(x2[:, :, 4:-4, 4:-4] + x3)))
            return self.conv_bottom(leaky(self.conv5(x1[:, :, 16:-16, 16:-16] + x4)))

    def __init__(self, f=64, reduction=8, scale=1):
        super().__init__()
        bottom = nn.Conv2d(f, 3, 3) if scale == 1 else nn.ConvTranspose2d(f, 3, 4, 2, 3)
        self.unet1, self.unet2 = CUNet.UNet1(f, reduction, bottom), CUNet.UNet2(f, reduction)

    def forward(self, x):
        first = self.unet1(x).clamp(0, 1)
        return first[:, :, 20:-20, 20:-20] + self.unet2(first)


class ArtCNN(nn.Module):
    class Block(nn.Module):
        def __init__(self, f):
            super().__init__()
            conv = lambda: nn.Conv2d(f, f, 3, padding=1)
            self.conv = chain(chain(conv(), nn.ReLU()), chain(conv(), nn.ReLU()), conv())

        def forward(self, x):
            return x + self.conv(x)

    def __init__(self, scale=4, f=64, blocks=8):
        super().__init__()
        self.conv0 = nn.Conv2d(3, f, 3, padding=1)
        self.res_block = chain(*[ArtCNN.Block(f) for _ in range(blocks)], nn.Conv2d(f, f, 3, padding=1))
        self.depth_to_space = nn.Module()
        self.depth_to_space.upscale = chain(nn.Conv2d(f, 3 * scale * scale, 3, padding=1), nn.PixelShuffle(scale))

    def forward(self, x):
        x = self.conv0(x)
        return self.depth_to_space.upscale(x + self.res_block(x))


def ircnn(channels=1, features=64):
    layers = []
    for i, dilation in enumerate((1, 2, 3, 4, 3, 2, 1)):
        layers += [nn.Conv2d(channels if i == 0 else features, channels if i == 6 else features, 3, padding=dilation,
                             dilation=dilation), nn.ReLU()]
    network = DnCNN()
    network.model = chain(*layers[:-1])
    return network


class NAFNet(nn.Module):
    class Block(nn.Module):
        def __init__(self, c):
            super().__init__()
            self.norm1, self.norm2 = LayerNorm2d(c), LayerNorm2d(c)
            self.conv1, self.conv2 = nn.Conv2d(c, 2 * c, 1), nn.Conv2d(2 * c, 2 * c, 3, padding=1, groups=2 * c)
            self.sca = chain(nn.AdaptiveAvgPool2d(1), nn.Conv2d(c, c, 1))
            self.conv3, self.conv4, self.conv5 = nn.Conv2d(c, c, 1), nn.Conv2d(c, 2 * c, 1), nn.Conv2d(c, c, 1)
            self.beta, self.gamma = nn.Parameter(torch.zeros(1, c, 1, 1)), nn.Parameter(torch.zeros(1, c, 1, 1))

        def forward(self, x):
            f = simple_gate(self.conv2(self.conv1(self.norm1(x))))
            y = x + self.beta * self.conv3(f * self.sca(f))
            return y + self.gamma * self.conv5(simple_gate(self.conv4(self.norm2(y))))

    def __init__(self, width=32, encoders=(2, 2, 4, 8), middle=12, decoders=(2, 2, 2, 2)):
        super().__init__()
        many = lambda count, c: chain(*[NAFNet.Block(c) for _ in range(count)])
        widths = [width * 2 ** i for i in range(len(encoders))]
        self.intro, self.ending = nn.Conv2d(3, width, 3, padding=1), nn.Conv2d(width, 3, 3, padding=1)
        self.encoders = nn.ModuleList([many(n, c) for n, c in zip(encoders, widths)])
        self.downs = nn.ModuleList([nn.Conv2d(c, 2 * c, 2, 2) for c in widths])
        self.middle_blks = many(middle, 2 * widths[-1])
        self.ups = nn.ModuleList([chain(nn.Conv2d(2 * c, 4 * c, 1, bias=False), nn.PixelShuffle(2)) for c in widths[::-1]])
        self.decoders = nn.ModuleList([many(n, c) for n, c in zip(decoders, widths[::-1])])

    def forward(self, x):
        y, skips = self.intro(x), []
        for encoder, down in zip(self.encoders, self.downs):
            skips.append(encoder(y))
            y = down(skips[-1])
        y = self.middle_blks(y)
        for decoder, up, skip in zip(self.decoders, self.ups, skips[::-1]):
            y = decoder(up(y) + skip)
        return x + self.ending(y)


def make_restorers():
    for network, parameters in ((Compact(), 621424), (DnCNN(), 555137), (FFDNet(), 852108), (FFDNet(1, 15, 64), 485316),
                                (DRUNet(), 32640960), (ircnn(), 185857), (NAFNet(), 29159715), (edsr(), 1517571 + 24), (rcan(), 15592355 + 24), (SPAN(), 426288),
                                (SPAN(conv=SPAN.TrainedConv), 1840488), (CUNet(), 1283254), (CUNet(scale=2), 1284598), (ArtCNN(), 952688)):
        assert count_parameters(network) == parameters
    for seed, (name, network, shape, target) in enumerate((
            ("compact", Compact(8, 2), (2, 3, 5, 7), (2, 3, 20, 28)), ("dncnn", DnCNN(1, 5, 8), (2, 1, 7, 9), None),
            ("ffdnet", FFDNet(3, 4, 8), (2, 4, 6, 10), (2, 3, 6, 10)), ("drunet", DRUNet(3, 2, 1), (2, 4, 16, 24), (2, 3, 16, 24)),
            ("edsr", edsr(4, 2), (2, 3, 5, 7), (2, 3, 20, 28)), ("rcan", rcan(8, 2, 2, 4), (2, 3, 5, 7), (2, 3, 20, 28)),
            ("span", SPAN(4, 6), (2, 3, 5, 7), (2, 3, 20, 28)), ("ircnn", ircnn(1, 4), (2, 1, 9, 11), None),
            ("nafnet", NAFNet(4, (1, 2), 1, (1, 1)), (2, 3, 8, 12), None),
            ("span_trained", SPAN(4, 3, SPAN.TrainedConv), (2, 3, 5, 7), (2, 3, 20, 28)),
            ("cunet", CUNet(4, 2), (2, 3, 60, 64), (2, 3, 4, 8)), ("upcunet", CUNet(4, 2, 2), (2, 3, 40, 44), (2, 3, 8, 16)),
            ("artcnn", ArtCNN(4, 4, 2), (2, 3, 5, 7), (2, 3, 20, 28)))):
        torch.manual_seed(20 + seed)
        for parameter in network.parameters():
            nn.init.normal_(parameter, 0, 0.5 / max(1, parameter[0].numel()) ** 0.5)
        make_output(name, network, shape)
        make_step(name, network, shape, target)


def count_parameters(network):
    return sum(parameter.numel() for parameter in network.parameters())


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


def make_step(name, network, shape, target_shape=None, loss_function=nn.functional.mse_loss):
    network.train()
    x, target = torch.rand(shape), torch.rand(target_shape or shape)
    exact = copy.deepcopy(network).double()
    loss = loss_function(exact(x.double()), target.double())
    loss.backward()
    tensors = {**state("w.", network), "input": x, "target": target, "loss_f64": loss.detach().reshape(1)}
    tensors.update({"g64." + key: value.grad.float() for key, value in exact.named_parameters()})
    adam = torch.optim.Adam(network.parameters(), lr=1e-3)
    losses = []
    for step in range(3):
        adam.zero_grad()
        loss = loss_function(network(x), target)
        loss.backward()
        losses.append(loss.item())
        if step == 0:
            tensors.update({"g." + key: value.grad.clone() for key, value in network.named_parameters()})
        adam.step()
        if step != 1:
            tensors.update(state(f"p{step + 1}.", network))
    save(name + "_step.safetensors", {**tensors, "losses": torch.tensor(losses)})


class Function(nn.Module):
    """A function as a module."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


class ChannelScale(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.beta = nn.Parameter(torch.ones(1, c, 1, 1))

    def forward(self, x):
        return x * self.beta


class LayerNorm2d(nn.Module):
    """Of NAFNet: over the channels of each pixel, with epsilon 1e-6."""

    def __init__(self, c):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(c)), nn.Parameter(torch.zeros(c))

    def forward(self, x):
        x = nn.functional.layer_norm(x.permute(0, 2, 3, 1), self.weight.shape, self.weight, self.bias, 1e-6)
        return x.permute(0, 3, 1, 2)


def simple_gate(x):
    a, b = x.chunk(2, 1)
    return a * b


def make_layers():
    tensors = {}

    def add(name, layer, *shape, scale=1.0):
        layer = layer if isinstance(layer, nn.Module) else Function(layer)
        x = (scale * torch.randn(2, *shape)).double().requires_grad_()
        layer.double().train()
        for parameter in layer.parameters():
            parameter.data = torch.randn_like(parameter.data).float().double()
        y = layer(x)
        dy = torch.randn(y.shape)
        y.backward(dy.double())
        tensors.update({f"{name}.input": x, f"{name}.output": y, f"{name}.output_gradient": dy,
                        f"{name}.input_gradient": x.grad})
        for key, parameter in layer.named_parameters():
            tensors.update({f"{name}.{key}": parameter, f"{name}.g.{key}": parameter.grad})

    def activation(name, layer):
        add(name, layer, 3, 5, 7, scale=3.0)

    activation("silu", nn.SiLU())
    activation("gelu", nn.GELU())
    activation("gelu_tanh", nn.GELU(approximate="tanh"))
    activation("mish", nn.Mish())
    activation("hardsigmoid", nn.Hardsigmoid())
    activation("hardswish", nn.Hardswish())
    activation("hardtanh", nn.Hardtanh(-1.5, 0.25))
    activation("relu6", nn.ReLU6())
    add("pixel_unshuffle_2", nn.PixelUnshuffle(2), 3, 4, 6)
    add("pixel_unshuffle_3", nn.PixelUnshuffle(3), 2, 6, 9)
    add("channel_scale", ChannelScale(4), 4, 5, 6)
    add("simple_gate", simple_gate, 6, 5, 7)
    add("softmax", nn.Softmax(1), 5, 4, 7, scale=3.0)
    add("batch_norm_not_affine", nn.BatchNorm2d(3, affine=False), 3, 5, 7)
    add("layer_norm", LayerNorm2d(6), 6, 5, 7)
    add("instance_norm", nn.InstanceNorm2d(3), 3, 5, 7)
    add("instance_norm_affine", nn.InstanceNorm2d(3, affine=True), 3, 5, 7)
    add("group_norm", nn.GroupNorm(2, 6), 6, 5, 7)
    add("group_norm_not_affine", nn.GroupNorm(3, 6, affine=False), 6, 4, 5)
    add("max_pool_padded", nn.MaxPool2d(3, 2, 1), 2, 7, 8)
    add("max_pool_ceil", nn.MaxPool2d(2, 2, ceil_mode=True), 2, 7, 6)
    add("max_pool_padded_ceil", nn.MaxPool2d(3, 2, 1, ceil_mode=True), 2, 6, 8)
    add("average_pool_padded", nn.AvgPool2d(3, 2, 1), 2, 7, 8)
    add("average_pool_ceil", nn.AvgPool2d(3, 2, ceil_mode=True), 2, 8, 6)
    add("average_pool_padded_ceil", nn.AvgPool2d(4, 3, 2, ceil_mode=True), 2, 6, 8)
    add("reflect_padding", nn.ReflectionPad2d(2), 2, 4, 5)
    add("replication_padding", nn.ReplicationPad2d(2), 2, 4, 5)
    add("bilinear_2", nn.Upsample(scale_factor=2, mode="bilinear"), 2, 4, 5)
    add("bilinear_3", nn.Upsample(scale_factor=3, mode="bilinear"), 2, 3, 4)
    add("bilinear_corners", nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True), 2, 4, 5)
    add("bicubic_2", nn.Upsample(scale_factor=2, mode="bicubic"), 2, 4, 5)
    add("bicubic_4", nn.Upsample(scale_factor=4, mode="bicubic"), 1, 3, 4)
    add("crop", lambda x: nn.functional.pad(x, (-1, -2, -1, -2)), 2, 5, 6)
    add("nearest_3_2", nn.Upsample(scale_factor=1.5, mode="nearest"), 2, 4, 6)
    add("bilinear_3_2", nn.Upsample(scale_factor=1.5, mode="bilinear"), 2, 4, 6)
    add("bilinear_corners_3_2", nn.Upsample(scale_factor=1.5, mode="bilinear", align_corners=True), 2, 4, 6)
    add("bicubic_5_4", nn.Upsample(scale_factor=1.25, mode="bicubic"), 1, 4, 8)
    save("layers.safetensors", {key: tensor.detach().float() for key, tensor in tensors.items()})


def make_convolutions():
    """Convolutions with groups, dilation and kernels that are not square; tests/kernels/test_conv_golden.cpp names the
    same layers."""
    layers = {
        "depthwise": nn.Conv2d(4, 4, 3, padding=1, groups=4),
        "depthwise_stride": nn.Conv2d(4, 4, 5, padding=2, stride=2, groups=4),
        "groups": nn.Conv2d(4, 6, 3, padding=1, groups=2, bias=False),
        "dilation": nn.Conv2d(3, 4, 3, padding=2, dilation=2),
        "dilation_stride": nn.Conv2d(3, 4, 3, padding=1, stride=2, dilation=3),
        "same": nn.Conv2d(3, 4, 2, padding="same", dilation=3),
        "row": nn.Conv2d(3, 4, (1, 7), padding=(0, 3)),
        "rectangle": nn.Conv2d(4, 6, (4, 2), padding=2, stride=3, dilation=2, groups=2),
        "rectangle_same": nn.Conv2d(3, 4, (4, 3), padding="same"),
        "transposed_groups": nn.ConvTranspose2d(4, 6, 4, stride=2, padding=1, groups=2),
        "transposed_dilation": nn.ConvTranspose2d(4, 4, 3, stride=2, padding=1, output_padding=1, dilation=2, groups=4),
        "transposed_rectangle": nn.ConvTranspose2d(3, 2, (2, 3), dilation=3),
    }
    tensors = {}
    for name, layer in layers.items():
        layer = layer.double()
        with torch.no_grad():
            for parameter in layer.parameters():
                parameter.copy_(parameter.float())
        size = (6, 7) if layer.transposed else (11, 13)
        x = torch.randn(2, layer.in_channels, *size).double().requires_grad_()
        y = layer(x)
        gradient = torch.randn(y.shape).double()
        y.backward(gradient)
        results = {"weight": layer.weight, "d_weight": layer.weight.grad, "input": x, "d_input": x.grad, "output": y,
                   "output_gradient": gradient}
        if layer.bias is not None:
            results.update({"bias": layer.bias, "d_bias": layer.bias.grad})
        tensors.update({f"{name}.{key}": value.float() for key, value in results.items()})
    save("convolutions.safetensors", tensors)


def ssim_loss(y, t, data_range):
    x = torch.arange(11, dtype=torch.float64) - 5
    gaussian = torch.exp(-x * x / (2 * 1.5 ** 2))
    gaussian = gaussian / gaussian.sum()
    channels = y.shape[1]
    window = torch.outer(gaussian, gaussian).expand(channels, 1, 11, 11)
    mean = lambda a: nn.functional.conv2d(a, window, groups=channels)
    m, n = mean(y), mean(t)
    variance, other, covariance = mean(y * y) - m * m, mean(t * t) - n * n, mean(y * t) - m * n
    c1, c2 = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2
    s = (2 * m * n + c1) * (2 * covariance + c2) / ((m * m + n * n + c1) * (variance + other + c2))
    return 1 - s.mean()


def make_losses():
    target = torch.rand(2, 3, 14, 17)
    x = (target + 0.2 * torch.randn(target.shape)).clamp(0, 1)
    tensors = {"input": x, "target": target}
    charbonnier = lambda e: lambda y, t: torch.sqrt((y - t) ** 2 + e ** 2).mean()
    for name, loss_function in (("charbonnier", charbonnier(1e-3)), ("charbonnier_wide", charbonnier(0.1)),
                                ("ssim", lambda y, t: ssim_loss(y, t, 1.0)),
                                ("ssim_range", lambda y, t: ssim_loss(y, t, 2.5)),
                                ("mixed", lambda y, t: 0.84 * ssim_loss(y, t, 1.0) + 0.16 * nn.functional.l1_loss(y, t))):
        y = x.double().requires_grad_()
        loss = loss_function(y, target.double())
        loss.backward()
        tensors.update({f"{name}.loss": loss.detach().reshape(1), f"{name}.gradient": y.grad})
    save("losses.safetensors", tensors)


def make_checkpoint():
    """A checkpoint like those of trainings: weights of every type and layout, beside what is to be passed over."""
    map3 = torch.randn(4, 3, 5)
    integers = torch.arange(12).reshape(3, 4) - 5
    state = collections.OrderedDict({
        "float64": map3.double() / 3, "float32": nn.Parameter(map3), "float16": map3.half(), "bfloat16": map3.bfloat16(),
        "int64": integers << 40, "int32": integers.int(), "int16": integers.short(), "int8": integers.char(),
        "uint8": (integers + 5).byte(), "bool": integers > 0, "transposed": map3.permute(2, 0, 1),
        "strided": map3[1:, ::2, 1], "shared": map3[2], "expanded": map3[:1, 0].expand(3, 5),
        "channels_last": torch.randn(2, 3, 2, 2).to(memory_format=torch.channels_last),
        "int32_transposed": integers.int().t(), "scalar": torch.tensor(7), "empty": torch.zeros(0, 3)})
    network = nn.Conv2d(1, 2, 1)
    optimizer = torch.optim.Adam(network.parameters())
    network(torch.ones(1, 1, 1, 1)).sum().backward()
    optimizer.step()
    checkpoint = {
        "epoch": 3, "global_step": 1 << 40, "pytorch-lightning_version": "1.9.0",
        "state_dict": collections.OrderedDict(("module." + name, values) for name, values in state.items()),
        "optimizer_states": [optimizer.state_dict()], "callbacks": {nn.ReLU: {"best_model_score": torch.zeros(())}},
        "hyper_parameters": argparse.Namespace(lr=1e-3, betas=(0.9, 0.999), activation=nn.ReLU, dtype=torch.float32,
                                               sizes={1, 2}, device=torch.device("cpu"), score=np.float64(0.5))}
    torch.save(checkpoint, os.path.join(HERE, "pytorch_zip.pth"))
    torch.save(checkpoint, os.path.join(HERE, "pytorch_legacy.pth"), _use_new_zipfile_serialization=False)
    dense = {}
    for name, values in state.items():
        kind = torch.float64 if values.is_floating_point() else torch.int64
        dense[name] = values.detach().to(kind)
    save("pytorch_tensors.safetensors", dense)


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
    # In networks so narrow, PyTorch's own error in a gradient of one or two numbers, by which the tests measure, is now
    # and then next to nothing by luck. These seeds are without such luck.
    torch.manual_seed(7)
    network = SrganDiscriminator()
    make_output("srgan_discriminator", network, (2, 3, 32, 32))
    make_step("srgan_discriminator", network, (3, 3, 32, 32), (3, 1, 1, 1), nn.functional.binary_cross_entropy)
    torch.manual_seed(9)
    network = RRDB()
    make_output("rrdb", network, (1, 3, 5, 7))
    make_step("rrdb", network, (2, 3, 4, 5), (2, 3, 16, 20))
    torch.manual_seed(10)
    network = RRDBNet()
    make_output("rrdbnet", network, (1, 3, 5, 7))
    make_step("rrdbnet", network, (2, 3, 4, 5), (2, 3, 16, 20))
    assert count_parameters(DeGanPyTorchGenerator()) == 31036481
    torch.manual_seed(10)
    network = DeGanPyTorchGenerator(1)
    make_output("de_gan_pytorch_generator", network, (2, 1, 32, 48))
    make_step("de_gan_pytorch_generator", network, (3, 1, 48, 64))
    assert count_parameters(DeGanPyTorchDiscriminator()) == 1554241
    torch.manual_seed(11)
    network = DeGanPyTorchDiscriminator(3)
    make_output("de_gan_pytorch_discriminator", network, (2, 2, 32, 48))
    make_step("de_gan_pytorch_discriminator", network, (3, 2, 48, 64), (3, 1, 3, 4))
    make_restorers()
    torch.manual_seed(12)
    make_layers()
    torch.manual_seed(12)
    make_convolutions()
    torch.manual_seed(13)
    make_losses()
    torch.manual_seed(14)
    make_checkpoint()


if __name__ == "__main__":
    main()
