#!/usr/bin/python3
"""make_adversarial_golden.py: one whole adversarial step in PyTorch, by three recipes, as files beside this one.

adversarial_together.safetensors   SRGAN's way: the discriminator sees pictures alone and makes one step with the mean of
                                   its two losses (binary cross-entropy, real pictures labelled 0.9); the generator's
                                   loss is the mean squared error plus 1e-3 times the adversarial loss.
adversarial_in_turn.safetensors    DE-GAN's way: the discriminator sees pairs (candidate, degraded) and makes a step for
                                   the real pair, then one for the generator's (least squares); the generator's loss is
                                   100 times binary cross-entropy plus the adversarial loss.
adversarial_pytorch.safetensors    The way of DE-GAN in PyTorch: the discriminator sees pairs and makes one step with the
                                   mean of its two losses (least squares, without a sigmoid); the generator's loss is
                                   500 times the mean squared error plus the adversarial loss. Adam's betas are 0.5 and
                                   0.999, and values are in -1..1.

All: generator.w.*, discriminator.w.*, input, target; losses (discriminator_real, discriminator_fake, content,
adversarial) in float and losses_f64; generator.g.*, discriminator.g.* (gradients of the networks' last backward pass of
the step) and the same as g64 in double; generator.p1.*, discriminator.p1.* (after the step of Adam).
"""
import copy

import torch
import torch.nn as nn
import torch.nn.functional as F

from make_golden import save, state


def make_generator():
    return nn.Sequential(nn.Conv2d(1, 3, 3, padding=1), nn.BatchNorm2d(3), nn.PReLU(), nn.Conv2d(3, 1, 3, padding=1),
                         nn.Sigmoid())


def make_critic(channels):
    return nn.Sequential(nn.Conv2d(channels, 4, 4, stride=2, padding=1), nn.LeakyReLU(0.2),
                         nn.Conv2d(4, 4, 3, padding=1), nn.BatchNorm2d(4), nn.LeakyReLU(0.2),
                         nn.Conv2d(4, 1, 3, padding=1), nn.Sigmoid())


def make_linear_generator():
    return make_generator()[:-1]


def make_pooling_critic(channels):
    return nn.Sequential(nn.Conv2d(channels, 4, 3, padding=1), nn.LeakyReLU(0.01), nn.MaxPool2d(2),
                         nn.Conv2d(4, 4, 3, padding=1), nn.LeakyReLU(0.01), nn.BatchNorm2d(4), nn.MaxPool2d(2),
                         nn.Conv2d(4, 1, 3, padding=1))


def adversarial_step(generator, critic, x, target, conditional, in_turn, content, adversarial, content_weight,
                     adversarial_weight, real_label, betas=(0.9, 0.999)):
    """The four losses and both networks' gradients; both networks have made a step of Adam afterwards."""
    optimize_generator = torch.optim.Adam(generator.parameters(), lr=1e-3, betas=betas)
    optimize_critic = torch.optim.Adam(critic.parameters(), lr=1e-3, betas=betas)

    def judge(picture, label):
        said = critic(torch.cat([picture, x], 1) if conditional else picture)
        return adversarial(said, torch.full_like(said, label))

    def gradients(network):
        return {key: value.grad.clone() for key, value in network.named_parameters()}

    candidate = generator(x)
    optimize_critic.zero_grad()
    real = judge(target, real_label)
    (real if in_turn else real / 2).backward()
    if in_turn:
        optimize_critic.step()
        optimize_critic.zero_grad()
    fake = judge(candidate.detach(), 0)
    (fake if in_turn else fake / 2).backward()
    optimize_critic.step()
    critic_gradients = gradients(critic)
    statistics = copy.deepcopy(critic.state_dict())

    content_loss = content(candidate, target)
    adversarial_loss = judge(candidate, 1)
    optimize_generator.zero_grad()
    (content_weight * content_loss + adversarial_weight * adversarial_loss).backward()
    optimize_generator.step()
    # In depix the generator's step leaves the discriminator as it is; in PyTorch it moves its running statistics.
    critic.load_state_dict(statistics)
    losses = torch.stack([real, fake, content_loss, adversarial_loss]).detach()
    return losses, gradients(generator), critic_gradients


def make(name, seed, conditional, networks=(make_generator, make_critic), low=0, **settings):
    torch.manual_seed(seed)
    generator, critic = networks[0]().train(), networks[1](2 if conditional else 1).train()
    x, target = (low + (1 - low) * torch.rand(3, 1, 12, 16) for _ in range(2))
    tensors = {"input": x, "target": target}
    tensors.update({**state("generator.w.", generator), **state("discriminator.w.", critic)})
    exact = (copy.deepcopy(generator).double(), copy.deepcopy(critic).double())
    for kind, networks, cast in (("64", exact, torch.Tensor.double), ("", (generator, critic), torch.Tensor.float)):
        losses, of_generator, of_critic = adversarial_step(*networks, cast(x), cast(target), conditional, **settings)
        tensors["losses_f64" if kind else "losses"] = losses
        tensors.update({f"generator.g{kind}.{key}": value.float() for key, value in of_generator.items()})
        tensors.update({f"discriminator.g{kind}.{key}": value.float() for key, value in of_critic.items()})
    tensors.update({**state("generator.p1.", generator), **state("discriminator.p1.", critic)})
    save(name + ".safetensors", tensors)


def main():
    torch.set_num_threads(1)
    make("adversarial_together", 11, conditional=False, in_turn=False, content=F.mse_loss,
         adversarial=F.binary_cross_entropy, content_weight=1, adversarial_weight=1e-3, real_label=0.9)
    make("adversarial_in_turn", 12, conditional=True, in_turn=True, content=F.binary_cross_entropy,
         adversarial=F.mse_loss, content_weight=100, adversarial_weight=1, real_label=1)
    make("adversarial_pytorch", 13, conditional=True, in_turn=False, content=F.mse_loss, adversarial=F.mse_loss,
         content_weight=500, adversarial_weight=1, real_label=1, betas=(0.5, 0.999), low=-1,
         networks=(make_linear_generator, make_pooling_critic))


if __name__ == "__main__":
    main()
