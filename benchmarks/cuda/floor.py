"""floor.py: the time that no version of a network can beat by much.

The floor is the larger of two times. One is the number of operations (two for a multiply-add, as direct convolution
makes them) over the rate of a large matrix product in that precision. The other is the number of bytes that must move
over the rate of a large copy. "Fused" counts the input and the output, in float32, and the weights. "Maps" also counts
what each convolution reads and writes. A training step makes three times the operations and maps. Adam reads and writes
weights, gradient and two moments, seven times the weights in float32. Both rates are measured on random numbers,
because a card is faster on zeros than on anything real.
"""
import statistics
import time

import torch

import networks  # of benchmarks/peers, which the importing script has put into the path

# The type of maps and weights, and its bytes.
TYPES = {"float32": (torch.float32, 4), "TF32": (torch.float32, 4),
         "float16": (torch.float16, 2), "bfloat16": (torch.bfloat16, 2)}


def seconds(device, work):
    """The median time of five runs of work(), after two runs that are not counted."""
    times = []
    for _ in range(7):
        if device == "cuda":
            begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            begin.record()
            work()
            end.record()
            end.synchronize()
            times.append(begin.elapsed_time(end) * 1e-3)
        else:
            start = time.perf_counter()
            work()
            times.append(time.perf_counter() - start)
    return statistics.median(times[2:])


def measure_products(device, kind):
    """Operations a second of a large matrix product; None where the device cannot multiply this type."""
    side = 8192 if device == "cuda" else 256
    try:
        left, right = (torch.randn(side, side, device=device).to(kind) for _ in range(2))
        return 2 * side**3 / seconds(device, lambda: torch.mm(left, right))
    except RuntimeError:  # a processor without float16
        return None


def measure_copies(device):
    """Bytes a second of a large copy, counting those read and those written."""
    source = torch.rand((512 if device == "cuda" else 4) << 20, device=device)
    target = torch.empty_like(source)
    return 2 * 4 * source.numel() / seconds(device, lambda: target.copy_(source))


def measure_ceilings(device):
    rates = {}
    for precision, (kind, _) in TYPES.items():
        torch.backends.cuda.matmul.allow_tf32 = precision == "TF32"
        rates[precision] = measure_products(device, kind)
    ceilings = {"operations": rates, "bytes": measure_copies(device)}
    if device == "cuda":
        torch.cuda.empty_cache()
    return ceilings


def count_elements(name, shape):
    """How many numbers are in (input and output, what convolutions read and write, parameters)."""
    network, counts = networks.build(name), []
    hooks = [module.register_forward_hook(lambda _, inputs, output: counts.append(inputs[0].numel() + output.numel()))
             for module in network.modules() if isinstance(module, (torch.nn.Conv2d, torch.nn.ConvTranspose2d))]
    with torch.no_grad():
        one = torch.zeros(1, *shape[1:])
        ends = one.numel() + network(one).numel()
    for hook in hooks:
        hook.remove()
    parameters = sum(parameter.numel() for parameter in network.parameters())
    return ends * shape[0], sum(counts) * shape[0], parameters


def find_floors(network, facts, training, ceilings):
    """precision -> (milliseconds with everything fused, milliseconds with every map written and read)"""
    ends, maps, parameters = count_elements(network, facts["shape"])
    passes = 3 if training else 1
    floors = {}
    for precision, (_, size) in TYPES.items():
        rate = ceilings["operations"][precision]
        if rate:
            operations = 2 * passes * facts["multiply_adds"] / rate
            least = 4 * ends + (7 * 4 if training else size) * parameters
            floors[precision] = tuple(1e3 * max(operations, moved / ceilings["bytes"])
                                      for moved in (least, least + passes * size * maps))
    return floors
