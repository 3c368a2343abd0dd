#!/usr/bin/python3
"""pictures.py TOOL RUNTIME FILE...: the depix tool beside ONNX Runtime, on whole pictures with the weights of others.

    cmake --preset release && cmake --build --preset release --target depix_tool
    npm install --prefix build/peers/onnxruntime --ignore-scripts onnxruntime-node@1.30.0
    benchmarks/peers/pictures.py build/release/examples/depix/depix build/peers/onnxruntime \\
        ../shared/weights/zoo/realesrgan-x4plus-anime.param ../shared/weights/zoo/realesr-animevideov3-x4.param

TOOL is the program `depix`, RUNTIME the folder in which npm has put onnxruntime-node, and each FILE weights that depix
reads. `depix import --to onnx` writes the file that ONNX Runtime gets. The two take turns, each in a process of its own
for every turn, and in each the first run is not counted. Elapsed time is that of the faster of two runs, and processor
time (user, of all threads) belongs to it or is the mean of the two. depix runs as `depix bench` does, with the tiles
that `depix restore` chooses; ONNX Runtime gets the picture in one piece. Memory is the peak of the whole process: of
`depix restore`, with reading and writing the picture, and of ONNX Runtime's. On a shared machine processor time and
memory count, and elapsed time does not.
"""
import argparse
import os
import random
import re
import statistics
import struct
import subprocess
import sys
import tempfile
import zlib

WORKER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "worker_pictures.js")


def write_png(path, side):
    """A picture of smooth waves and some noise."""
    source = random.Random(1)
    rows = b""
    for y in range(side):
        rows += b"\0" + bytes(
            max(0, min(255, 128 + int(60 * ((x * (c + 2) // 16 + y // 9) % 3 - 1) + source.gauss(0, 20))))
            for x in range(side) for c in range(3))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)) +
                   chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b""))


def run(command, **environment):
    """What a process printed, its user time in seconds and its peak in MiB. Ends the program if it fails."""
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env={**os.environ, **environment})
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = status
        output.seek(0)
        text = output.read()
    if status != 0:
        sys.exit(f"{' '.join(command)} failed:\n{text}")
    return text, usage.ru_utime, usage.ru_maxrss / 1024


def restore(options, file, threads, folder):
    """The side of the tiles that depix chooses, and its memory."""
    command = [options.tool, "restore", "-v", "-i", f"{folder}/in.png", "-o", f"{folder}/out.bmp", "-m", file,
               "-j", str(threads)]
    text, _, memory = run(command, OMP_NUM_THREADS=str(threads))
    return re.search(r"tiles of at most ([0-9]+)", text).group(1), memory


def turn_depix(options, file, threads, tile):
    size = f"{options.side}x{options.side}"
    text, _, _ = run([options.tool, "bench", "-m", file, "--size", size, "-t", tile, "-j", str(threads),
                      "--rounds", "2"], OMP_NUM_THREADS=str(threads))
    elapsed, user = (float(re.search(word + r" +([0-9.]+) ms", text).group(1)) / 1000
                     for word in ("fastest", "processor"))
    return elapsed, user


def turn_runtime(options, network, threads):
    text, _, memory = run(["node", WORKER, options.runtime, network, str(options.side), str(threads)])
    elapsed, user = map(float, text.split()[-2:])
    return elapsed, user, memory


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tool")
    parser.add_argument("runtime")
    parser.add_argument("files", nargs="+")
    parser.add_argument("--side", type=int, default=512, help="of the picture, in pixels")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    options = parser.parse_args()

    print("| network | threads | | elapsed | processor time | peak memory |\n| --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        write_png(f"{folder}/in.png", options.side)
        for file in options.files:
            name = os.path.splitext(os.path.basename(file))[0]
            network = f"{folder}/{name}.onnx"
            run([options.tool, "import", "--to", "onnx", file, "-o", network])
            restore(options, file, 1, folder)  # compiles the network if it has to
            for threads in options.threads:
                turns = {"depix": [], "ONNX Runtime": []}
                tile, memory = restore(options, file, threads, folder)
                for _ in range(options.rounds):
                    turns["depix"].append((*turn_depix(options, file, threads, tile), memory))
                    turns["ONNX Runtime"].append(turn_runtime(options, network, threads))
                median = {who: [statistics.median(column) for column in zip(*rows)] for who, rows in turns.items()}
                for who, (elapsed, user, memory) in median.items():
                    print(f"| {name} | {threads} | {who} | {elapsed:.2f} s | {user:.2f} s | {memory:.0f} MiB |")
                ratio = [other / own for own, other in zip(median["depix"], median["ONNX Runtime"])]
                print(f"| {name} | {threads} | ratio | {ratio[0]:.2f} | {ratio[1]:.2f} | {ratio[2]:.2f} |", flush=True)


main()
