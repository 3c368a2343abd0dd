"""networks.py: the six networks of the race in PyTorch 1.13, with seeded weights.

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
            module.bias.data = normal(module.bias, 0.1)
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
