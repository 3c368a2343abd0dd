"""weights.py: writes and reads a state_dict as a safetensors file, because Debian has no package of Python's library.

    8 bytes: the header's length, little-endian | JSON, padded with spaces | the tensors' bytes
"""
import json

import numpy as np
import torch

TYPES = {"float32": "F32", "int64": "I64"}


def save(path, state):
    header, blobs, offset = {}, [], 0
    for name, tensor in state.items():
        array = tensor.detach().numpy()
        data = np.ascontiguousarray(array).tobytes()
        header[name] = {"dtype": TYPES[array.dtype.name], "shape": list(tensor.shape),
                        "data_offsets": [offset, offset + len(data)]}
        offset += len(data)
        blobs.append(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        file.writelines(blobs)


def load(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        data = file.read()
    numpy_types = {stored: name for name, stored in TYPES.items()}
    state = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        array = np.frombuffer(data[begin:end], dtype=numpy_types[entry["dtype"]]).reshape(entry["shape"])
        state[name] = torch.from_numpy(array.copy())
    return state
