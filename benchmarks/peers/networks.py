"""networks.py: the networks of the race in PyTorch 1.13, with seeded weights.

Parameters have the names that they have in depix's models (include/depix/models/), so that one state_dict fits
both. `python3 networks.py` prints each network's parameters and operations.
"""
import torch
import torch.nn as nn


class Depixelizer(nn.Module):
    def __init__(self):
        super().__init__()

        def down(i, o):
            return [nn.Conv2d(i, o, 3, padding=1), nn.BatchNorm2d(o), nn.ReLU(), nn.MaxPool2d(2)]

        self.encoder = nn.Sequential(*down(3, 6), *down(6, 12), *down(12, 24))
        self.decoder = nn.Sequential(nn.ConvTranspose2d(24, 12, 2, stride=2), nn.BatchNorm2d(12), nn.ReLU(),
                                     nn.ConvTranspose2d(12, 6, 2, stride=2), nn.BatchNorm2d(6), nn.ReLU(),
                                     nn.ConvTranspose2d(6, 3, 2, stride=2), nn.BatchNorm2d(3))

    def forward(self, x):
        return self.decoder(self.encoder(x))


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


def double_conv(i, o):
    return nn.Sequential(nn.Conv2d(i, o, 3, padding=1), nn.ReLU(), nn.Conv2d(o, o, 3, padding=1), nn.ReLU())


class PixelShuffleUNet(nn.Module):
    def __init__(self, filters=32, levels=5):
        super().__init__()
        f = [filters // 2 * 2**level for level in range(levels)]
        self.enc = nn.ModuleList(double_conv(i, o) for i, o in zip([3] + f[:-1], f))
        self.pool, self.drop = nn.MaxPool2d(2), nn.Dropout(0.1)
        self.mid = double_conv(f[-1], 2 * f[-1])
        self.up = nn.ModuleList(nn.Conv2d(2 * o, 4 * o, 3, padding=1) for o in reversed(f))
        self.shuffle = nn.PixelShuffle(2)
        self.dec = nn.ModuleList(double_conv(2 * o, o) if o != f[0] else double_conv(2 * o, o)[:2] for o in reversed(f))
        self.out = nn.Conv2d(f[0], 3, 1)

    def forward(self, x):
        skips = []
        for encode in self.enc:
            x = encode(x)
            skips.append(x)
            x = self.drop(self.pool(x))
        x = self.mid(x)
        for up, decode, skip in zip(self.up, self.dec, reversed(skips)):
            x = decode(torch.cat([skip, self.shuffle(up(x))], 1))
        return torch.sigmoid(self.out(x))


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


class RRDB(nn.Module):
    def __init__(self, c=64, blocks=23):
        super().__init__()
        self.conv1 = nn.Conv2d(3, c, 3, padding=1)
        self.res_blocks = nn.Sequential(*(RRDBBlock(c) for _ in range(blocks)))
        self.conv2 = nn.Conv2d(c, c, 3, padding=1)
        self.upsampling = nn.Sequential(nn.Conv2d(c, 4 * c, 3, padding=1), nn.LeakyReLU(), nn.PixelShuffle(2),
                                        nn.Conv2d(c, 4 * c, 3, padding=1), nn.LeakyReLU(), nn.PixelShuffle(2))
        self.conv3 = nn.Sequential(nn.Conv2d(c, c, 3, padding=1), nn.LeakyReLU(), nn.Conv2d(c, 3, 3, padding=1))

    def forward(self, x):
        x = self.conv1(x)
        return self.conv3(self.upsampling(x + self.conv2(self.res_blocks(x))))


class Compact(nn.Module):
    """SRVGGNetCompact, of Real-ESRGAN."""

    def __init__(self, f=64, convolutions=16, scale=4):
        super().__init__()
        layers = [nn.Conv2d(3, f, 3, padding=1), nn.PReLU(f)]
        for _ in range(convolutions):
            layers += [nn.Conv2d(f, f, 3, padding=1), nn.PReLU(f)]
        self.body = nn.Sequential(*layers, nn.Conv2d(f, 3 * scale**2, 3, padding=1))
        self.shuffle, self.upsample = nn.PixelShuffle(scale), nn.Upsample(scale_factor=scale)

    def forward(self, x):
        return self.shuffle(self.body(x)) + self.upsample(x)


class GrowthDenseBlock(nn.Module):
    def __init__(self, c, growth):
        super().__init__()
        for k in range(4):
            setattr(self, f"conv{k + 1}", nn.Conv2d(c + k * growth, growth, 3, padding=1))
        self.conv5, self.act = nn.Conv2d(c + 4 * growth, c, 3, padding=1), nn.LeakyReLU(0.2)

    def forward(self, x):
        inputs = x
        for conv in (self.conv1, self.conv2, self.conv3, self.conv4):
            inputs = torch.cat([inputs, self.act(conv(inputs))], 1)
        return x + 0.2 * self.conv5(inputs)


class GrowthRRDB(nn.Module):
    def __init__(self, c, growth):
        super().__init__()
        self.rdb1, self.rdb2, self.rdb3 = (GrowthDenseBlock(c, growth) for _ in range(3))

    def forward(self, x):
        return x + 0.2 * self.rdb3(self.rdb2(self.rdb1(x)))


class RRDBNet(nn.Module):
    """ESRGAN's generator, with the 6 blocks of realesrgan-x4plus-anime."""

    def __init__(self, c=64, growth=32, blocks=6):
        super().__init__()
        self.conv_first = nn.Conv2d(3, c, 3, padding=1)
        self.body = nn.Sequential(*(GrowthRRDB(c, growth) for _ in range(blocks)))
        self.conv_body, self.conv_up1, self.conv_up2, self.conv_hr = (nn.Conv2d(c, c, 3, padding=1) for _ in range(4))
        self.conv_last, self.act = nn.Conv2d(c, 3, 3, padding=1), nn.LeakyReLU(0.2)
        self.upsample = nn.Upsample(scale_factor=2)

    def forward(self, x):
        x = self.conv_first(x)
        x = x + self.conv_body(self.body(x))
        for conv in (self.conv_up1, self.conv_up2):
            x = self.act(conv(self.upsample(x)))
        return self.conv_last(self.act(self.conv_hr(x)))


class EvalConv(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.eval_conv = nn.Conv2d(i, o, 3, padding=1)

    def forward(self, x):
        return self.eval_conv(x)


class SPANBlock(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c1_r, self.c2_r, self.c3_r, self.act = EvalConv(c, c), EvalConv(c, c), EvalConv(c, c), nn.SiLU(inplace=True)

    def forward(self, x):
        first = self.act(self.c1_r(x))
        f = self.c3_r(self.act(self.c2_r(first)))
        return (f + x) * (torch.sigmoid(f) - 0.5), first


class SPAN(nn.Module):
    """As it runs, with one convolution for each three that were trained."""

    def __init__(self, scale=4, c=48):
        super().__init__()
        self.conv_1 = EvalConv(3, c)
        for i in range(1, 7):
            setattr(self, f"block_{i}", SPANBlock(c))
        self.conv_cat, self.conv_2 = nn.Conv2d(4 * c, c, 1), EvalConv(c, c)
        self.upsampler = nn.Sequential(nn.Conv2d(c, 3 * scale**2, 3, padding=1), nn.PixelShuffle(scale))

    def forward(self, x):
        features = self.conv_1(x)
        first, _ = self.block_1(features)
        y, last = first, None
        for i in range(2, 7):
            y, last = getattr(self, f"block_{i}")(y)
        return self.upsampler(self.conv_cat(torch.cat([features, self.conv_2(y), first, last], 1)))


class LayerNorm2d(nn.Module):
    """Written as in NAFNet's own code."""

    def __init__(self, c):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(c)), nn.Parameter(torch.zeros(c))

    def forward(self, x):
        deviation = x - x.mean(1, keepdim=True)
        normed = deviation / (deviation.pow(2).mean(1, keepdim=True) + 1e-6).sqrt()
        return self.weight.view(1, -1, 1, 1) * normed + self.bias.view(1, -1, 1, 1)


def simple_gate(x):
    a, b = x.chunk(2, 1)
    return a * b


class NAFBlock(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.norm1, self.norm2 = LayerNorm2d(c), LayerNorm2d(c)
        self.conv1, self.conv2 = nn.Conv2d(c, 2 * c, 1), nn.Conv2d(2 * c, 2 * c, 3, padding=1, groups=2 * c)
        self.sca = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(c, c, 1))
        self.conv3, self.conv4, self.conv5 = nn.Conv2d(c, c, 1), nn.Conv2d(c, 2 * c, 1), nn.Conv2d(c, c, 1)
        self.beta, self.gamma = nn.Parameter(torch.zeros(1, c, 1, 1)), nn.Parameter(torch.zeros(1, c, 1, 1))

    def forward(self, x):
        f = simple_gate(self.conv2(self.conv1(self.norm1(x))))
        y = x + self.beta * self.conv3(f * self.sca(f))
        return y + self.gamma * self.conv5(simple_gate(self.conv4(self.norm2(y))))


class NAFNet(nn.Module):
    def __init__(self, width=32, encoders=(2, 2, 4, 8), middle=12, decoders=(2, 2, 2, 2)):
        super().__init__()

        def blocks(count, c):
            return nn.Sequential(*(NAFBlock(c) for _ in range(count)))

        widths = [width * 2**i for i in range(len(encoders))]
        self.intro, self.ending = nn.Conv2d(3, width, 3, padding=1), nn.Conv2d(width, 3, 3, padding=1)
        self.encoders = nn.ModuleList(blocks(n, c) for n, c in zip(encoders, widths))
        self.downs = nn.ModuleList(nn.Conv2d(c, 2 * c, 2, 2) for c in widths)
        self.middle_blks = blocks(middle, 2 * widths[-1])
        self.ups = nn.ModuleList(nn.Sequential(nn.Conv2d(2 * c, 4 * c, 1, bias=False), nn.PixelShuffle(2))
                                 for c in widths[::-1])
        self.decoders = nn.ModuleList(blocks(n, c) for n, c in zip(decoders, widths[::-1]))

    def forward(self, x):
        y, skips = self.intro(x), []
        for encoder, down in zip(self.encoders, self.downs):
            skips.append(encoder(y))
            y = down(skips[-1])
        y = self.middle_blks(y)
        for decoder, up, skip in zip(self.decoders, self.ups, skips[::-1]):
            y = decoder(up(y) + skip)
        return x + self.ending(y)


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


class DRUNetBlock(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.res = nn.Sequential(nn.Conv2d(c, c, 3, padding=1, bias=False), nn.ReLU(),
                                 nn.Conv2d(c, c, 3, padding=1, bias=False))

    def forward(self, x):
        return x + self.res(x)


class DRUNet(nn.Module):
    """For colour pictures; the fourth channel of its input is the noise map."""

    def __init__(self, f=64, blocks=4):
        super().__init__()

        def many(c):
            return [DRUNetBlock(c) for _ in range(blocks)]

        def down(c):
            return nn.Sequential(*many(c), nn.Conv2d(c, 2 * c, 2, 2, bias=False))

        def up(c):
            return nn.Sequential(nn.ConvTranspose2d(2 * c, c, 2, 2, bias=False), *many(c))

        self.m_head, self.m_tail = nn.Conv2d(4, f, 3, padding=1, bias=False), nn.Conv2d(f, 3, 3, padding=1, bias=False)
        self.m_down1, self.m_down2, self.m_down3 = down(f), down(2 * f), down(4 * f)
        self.m_body = nn.Sequential(*many(8 * f))
        self.m_up3, self.m_up2, self.m_up1 = up(4 * f), up(2 * f), up(f)

    def forward(self, x):
        x1 = self.m_head(x)
        x2 = self.m_down1(x1)
        x3 = self.m_down2(x2)
        x4 = self.m_down3(x3)
        y = self.m_up3(self.m_body(x4) + x4)
        return self.m_tail(self.m_up1(self.m_up2(y + x3) + x2) + x1)


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
