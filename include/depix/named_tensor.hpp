// NamedTensor: one parameter of a model, as files and optimizers see it.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace depix {

/// A window on one of a model's tensors: PyTorch's state_dict name, its shape there, and the values in place.
template <class T>
struct NamedTensor {
    std::string name;                ///< "encoder.0.weight"
    std::vector<std::size_t> shape;  ///< (16, 3, 3, 3); empty for a scalar
    std::span<T> values;             ///< row-major, inside the model
    bool trainable = true;           ///< false for running statistics
};

}  // namespace depix
