"""pytorch_networks.py: networks that the golden files (make_golden.py) and the race (benchmarks/peers) share, in PyTorch
1.13. Parameters have the names that they have in depix's models (include/depix/models/), so that one state_dict fits both.
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
    def __init__(self, filters=32, levels=5, dropout=0.1):
        super().__init__()
        f = [filters // 2 * 2**level for level in range(levels)]
        self.enc = nn.ModuleList(double_conv(i, o) for i, o in zip([3] + f[:-1], f))
        self.pool, self.drop = nn.MaxPool2d(2), nn.Dropout(dropout)
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
    """The convolution that SPAN runs with."""

    def __init__(self, i, o):
        super().__init__()
        self.eval_conv = nn.Conv2d(i, o, 3, padding=1)

    def forward(self, x):
        return self.eval_conv(x)


class TrainedConv(nn.Module):
    """The three convolutions that SPAN trains in place of one."""

    def __init__(self, i, o):
        super().__init__()
        self.conv = nn.Sequential(nn.Conv2d(i, 2 * i, 1, padding=1), nn.Conv2d(2 * i, 2 * o, 3), nn.Conv2d(2 * o, o, 1))
        self.sk = nn.Conv2d(i, o, 1)

    def forward(self, x):
        return self.conv(x) + self.sk(x)


class SPANBlock(nn.Module):
    def __init__(self, c, conv):
        super().__init__()
        self.c1_r, self.c2_r, self.c3_r, self.act = conv(c, c), conv(c, c), conv(c, c), nn.SiLU(inplace=True)

    def forward(self, x):
        first = self.act(self.c1_r(x))
        f = self.c3_r(self.act(self.c2_r(first)))
        return (f + x) * (torch.sigmoid(f) - 0.5), first


class SPAN(nn.Module):
    """As it runs, or as it is trained."""

    def __init__(self, scale=4, c=48, conv=EvalConv):
        super().__init__()
        self.conv_1 = conv(3, c)
        for i in range(1, 7):
            setattr(self, f"block_{i}", SPANBlock(c, conv))
        self.conv_cat, self.conv_2 = nn.Conv2d(4 * c, c, 1), conv(c, c)
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

        self.m_head = nn.Conv2d(4, f, 3, padding=1, bias=False)
        self.m_down1, self.m_down2, self.m_down3 = down(f), down(2 * f), down(4 * f)
        self.m_body = nn.Sequential(*many(8 * f))
        self.m_up3, self.m_up2, self.m_up1 = up(4 * f), up(2 * f), up(f)
        self.m_tail = nn.Conv2d(f, 3, 3, padding=1, bias=False)

    def forward(self, x):
        x1 = self.m_head(x)
        x2 = self.m_down1(x1)
        x3 = self.m_down2(x2)
        x4 = self.m_down3(x3)
        y = self.m_up3(self.m_body(x4) + x4)
        return self.m_tail(self.m_up1(self.m_up2(y + x3) + x2) + x1)
