"""worker_pytorch.py FOLDER NETWORK SHAPE restore|train cuda|cpu ROW...: PyTorch in the race on a card.

A row says how PyTorch runs, in words with "+" between them:

    float32, TF32, float16, bfloat16    the precision. When restoring, weights and maps have that type, and input and
                                        output are float32, as in depix. Training in 16 bits uses PyTorch's autocast,
                                        with a GradScaler for float16.
    autocast                            restoring uses autocast, too
    channels_last                       weights, maps and the input lie channels last
    compile=MODE                        uses torch.compile in that mode
    graph                               a whole run is one CUDA graph. With compile=max-autotune-no-cudagraphs that
                                        spares the cost in Python of the graphs that max-autotune makes by itself.

cuDNN chooses its algorithms by trying them (benchmark), and batch norms are folded into convolutions before restoring,
as a careful user of PyTorch would do. One process runs many rows, because starting it takes longer than the rows take.
It prints "ready" and {"rows": [...]}. For each row this has either its error ("error", or its first "losses") or the
reason why it is left out ("failure"). Then, for each line "ROW device|host RUNS", it does what worker_depix.cu does.
"""
import contextlib
import copy
import json
import os
import sys
import time

import numpy as np
import torch

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "peers"))
import networks  # noqa: E402
import weights  # noqa: E402

TYPES = {"float32": torch.float32, "TF32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}


class Setting:
    """What a row's words mean."""

    def __init__(self, row, device):
        self.precision, *words = row.split("+")
        self.device, self.type = torch.device(device), TYPES[self.precision]
        self.layout = torch.channels_last if "channels_last" in words else torch.contiguous_format
        self.autocast, self.graph = "autocast" in words, "graph" in words
        self.compile_mode = next((word.split("=")[1] for word in words if word.startswith("compile=")), None)
        if self.graph and device == "cpu":
            raise ValueError("there are no CUDA graphs on a processor")

    def choose_units(self):
        """These settings are global in PyTorch, so they are set again before each use."""
        torch.backends.cudnn.benchmark = True
        torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = self.precision == "TF32"

    def casting(self, wanted):
        return torch.autocast(self.device.type, dtype=self.type) if wanted else contextlib.nullcontext()


class Row:
    """run() enqueues one run on the device. host_run() makes one run with the copies from the host (and back to it)."""

    def __init__(self, setting, run, host_run, facts):
        self.setting, self.run, self.host_run, self.facts = setting, run, host_run, facts

    def wait(self):
        if self.setting.device.type == "cuda":
            torch.cuda.synchronize()

    def time(self, where, runs):
        """The mean milliseconds of one of `runs` runs."""
        self.setting.choose_units()
        run = self.run if where == "device" else self.host_run
        for _ in range(runs // 4 + 1):
            run()
        if where == "device" and self.setting.device.type == "cuda":
            begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            begin.record()
            for _ in range(runs):
                run()
            end.record()
            end.synchronize()
            return begin.elapsed_time(end) / runs
        self.wait()
        start = time.perf_counter()
        for _ in range(runs):
            run()
        self.wait()
        return (time.perf_counter() - start) * 1e3 / runs


def read_tensor(path, shape):
    return torch.from_numpy(np.fromfile(path, np.float32)).reshape(shape)


def pinned(tensor):
    return tensor.pin_memory() if torch.cuda.is_available() else tensor


def make_ready(step, setting, times=5):
    """Returns the step, or a CUDA graph of it where the row wants that. First some steps choose algorithms, take memory
    and compile code. Before a capture they run in their own stream, as PyTorch's manual asks."""
    setting.choose_units()
    if not setting.graph:
        for _ in range(times):
            step()
        return step
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(times):
            step()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        result = step()

    def replay():
        graph.replay()
        return result

    return replay


def fold_batch_norms(network):
    """Folds every batch norm into the convolution before it."""
    traced = torch.fx.symbolic_trace(network)
    modules = dict(traced.named_modules())
    for node in list(traced.graph.nodes):
        norm = modules.get(node.target) if node.op == "call_module" else None
        if isinstance(norm, torch.nn.BatchNorm2d):
            conv = modules[node.args[0].target]
            transposed = isinstance(conv, torch.nn.ConvTranspose2d)
            folded = torch.nn.utils.fusion.fuse_conv_bn_eval(conv, norm, transposed)
            conv.weight, conv.bias = folded.weight, folded.bias
            node.replace_all_uses_with(node.args[0])
            traced.graph.erase_node(node)
    traced.recompile()
    return traced


def prepare_restoring(network, path, shape, setting):
    picture, exact = read_tensor(path + ".input.f32", shape), np.fromfile(path + ".output.f32", np.float32)
    kept = torch.float32 if setting.autocast else setting.type
    network = fold_batch_norms(network).to(setting.device, kept).to(memory_format=setting.layout)
    device_picture = picture.to(setting.device).to(memory_format=setting.layout)

    def restore(batch):
        with setting.casting(setting.autocast):
            return network(batch.to(kept)).float()

    if setting.compile_mode:
        restore = torch.compile(restore, mode=setting.compile_mode, dynamic=False)

    def run():
        with torch.no_grad():
            return restore(device_picture)

    run = make_ready(run, setting)
    sent, received = pinned(picture.clone()), pinned(torch.empty(run().shape))
    result = torch.empty_like(received)

    def host_run():  # from ordinary memory to ordinary memory, through pinned memory, as depix does
        sent.copy_(picture)
        device_picture.copy_(sent, non_blocking=True)
        received.copy_(run(), non_blocking=True)
        row.wait()
        result.copy_(received)

    row = Row(setting, run, host_run, {})
    host_run()
    error = np.abs(result.numpy().ravel().astype(np.float64) - exact).max()
    # JSON has no NaN.
    row.facts = {"error": float(error) if np.isfinite(error) else sys.float_info.max}
    return row


def prepare_training(network, path, shape, setting, loss_function):
    batch = read_tensor(path + ".training_input.f32", shape)
    with torch.no_grad():
        target_shape = shape[:1] + network(batch[:1]).shape[1:]
    target = read_tensor(path + ".training_target.f32", target_shape)
    network = network.train().to(setting.device).to(memory_format=setting.layout)
    device_batch, device_target = (part.to(setting.device).to(memory_format=setting.layout) for part in (batch, target))
    first_state = copy.deepcopy(network.state_dict())
    on_card = {"fused": True, "capturable": True} if setting.device.type == "cuda" else {}
    adam = torch.optim.Adam(network.parameters(), lr=networks.LEARNING_RATE, **on_card)
    scaler = torch.amp.GradScaler("cuda") if setting.precision == "float16" else None

    def forward():
        with setting.casting(setting.type != torch.float32):
            output = network(device_batch)
        return loss_function(output.float(), device_target)

    if setting.compile_mode:
        forward = torch.compile(forward, mode=setting.compile_mode, dynamic=False)

    def step():
        adam.zero_grad(set_to_none=True)
        loss = forward()
        if scaler:
            scaler.scale(loss).backward()
            scaler.step(adam)
            scaler.update()
        else:
            loss.backward()
            adam.step()
        return loss.detach()

    step = make_ready(step, setting)
    # Everything goes back to the start, in the same memory, because a graph refers to it.
    with torch.no_grad():
        for name, value in network.state_dict().items():
            value.copy_(first_state[name])
        for state in adam.state.values():
            for value in state.values():
                value.zero_()
    losses = [step().item() for _ in range(3)]
    sent, sent_target = pinned(batch), pinned(target)

    def host_run():  # from pinned memory, into which the threads of PyTorch's loader copy it
        device_batch.copy_(sent, non_blocking=True)
        device_target.copy_(sent_target, non_blocking=True)
        step()

    return Row(setting, step, host_run, {"losses": losses})


def prepare(row, device, network, path, shape, mode, loss_function):
    """Returns a Row, or a string that says why there is none."""
    try:
        setting, network = Setting(row, device), copy.deepcopy(network)
        if mode == "train":
            return prepare_training(network, path, shape, setting, loss_function)
        return prepare_restoring(network, path, shape, setting)
    except Exception as error:  # whatever PyTorch throws: out of memory, not implemented, a compiler's own
        return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def main():
    folder, name, shape, mode, device, *rows = sys.argv[1:]
    path, shape = os.path.join(folder, name), tuple(map(int, shape.split("x")))
    network = networks.NETWORKS[name].module()
    network.load_state_dict(weights.load(path + ".safetensors"))
    network.eval()
    rows = [prepare(row, device, network, path, shape, mode, networks.NETWORKS[name].loss) for row in rows]
    facts = [{"failure": row} if isinstance(row, str) else row.facts for row in rows]
    print("ready", json.dumps({"rows": facts, "version": torch.__version__}), flush=True)
    for line in sys.stdin:
        index, where, runs = line.split()
        print(json.dumps(rows[int(index)].time(where, int(runs))), flush=True)


if __name__ == "__main__":
    main()
