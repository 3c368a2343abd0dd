#!/usr/bin/env python3
"""minimise.py FUZZER CORPUS FILE: chooses from a fuzzer's corpus the inputs of which each reaches most that the others
do not, at most 40 of them and 32 KB, none of which takes longer than a millisecond, and writes them to FILE, one in a
line, in base64. After `tests/fuzz/run 7200`:

    for name in ncnn onnx; do
        tests/fuzz/minimise.py build/fuzz/fuzz_$name build/fuzz/corpus/$name tests/fuzz/corpus/$name.txt
    done
"""
import base64
import os
import re
import subprocess
import sys
import tempfile

MOST_FILES, MOST_BYTES = 40, 32000  # a third more as text


def reached(fuzzer, corpus):
    """What each file reaches: the counters of edges that libFuzzer writes down before it merges."""
    with tempfile.TemporaryDirectory() as folder:
        control = os.path.join(folder, "control")
        os.mkdir(os.path.join(folder, "merged"))
        subprocess.run([fuzzer, "-set_cover_merge=1", "-max_len=65536", "-timeout=10", "-merge_control_file=" + control,
                        os.path.join(folder, "merged"), corpus], stderr=subprocess.DEVNULL, check=True)
        lines = open(control).read().split("\n")
    count = int(lines[0])
    names, features = lines[2:2 + count], {}
    for line in lines[2 + count:]:
        words = line.split()
        if words and words[0] == "FT":
            features[names[int(words[1])]] = set(map(int, words[2:]))
    return features


def quick(fuzzer, names):
    """Those that take at most a millisecond: changed copies of a slow input are slow, too."""
    result = subprocess.run([fuzzer, *names], stderr=subprocess.PIPE, check=True, text=True, errors="replace")
    took = re.findall(r"^Executed (.*) in (\d+) ms$", result.stderr, re.MULTILINE)
    return {name for name, milliseconds in took if int(milliseconds) <= 1}


def choose(features):
    chosen, seen, size = [], set(), 0
    sizes = {name: os.path.getsize(name) for name in features}
    while len(chosen) < MOST_FILES:
        fitting = [name for name in features if sizes[name] + size <= MOST_BYTES and features[name] - seen]
        if not fitting:
            break
        # 800 bytes for the place of a file, so that both limits are reached at about the same time.
        best = max(sorted(fitting), key=lambda name: len(features[name] - seen) / (sizes[name] + MOST_BYTES / MOST_FILES))
        chosen.append(best)
        seen |= features[best]
        size += sizes[best]
    return chosen, len(seen)


def main():
    fuzzer, corpus, path = sys.argv[1:]
    features = reached(fuzzer, corpus)
    everything = len(set().union(*features.values()))
    features = {name: features[name] for name in quick(fuzzer, sorted(features))}
    chosen, seen = choose(features)
    inputs = sorted(open(name, "rb").read() for name in chosen)
    with open(path, "w") as file:
        file.writelines(base64.b64encode(data).decode() + "\n" for data in inputs)
    print(f"{path}: {len(chosen)} of {len(features)} inputs, {os.path.getsize(path)} bytes, "
          f"{seen} of {everything} features")


if __name__ == "__main__":
    main()
