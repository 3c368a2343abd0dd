// NamedTensor: one parameter of a model, as files and optimizers use it.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace depix {

/// A reference to one of a model's tensors: its name and shape in PyTorch's state_dict, and its values in place.
template <class T>
struct NamedTensor {
    std::string name;                ///< "encoder.0.weight"
    std::vector<std::size_t> shape;  ///< (16, 3, 3, 3); empty for a scalar
    std::span<T> values;             ///< row-major, inside the model
    bool trainable = true;           ///< false for running statistics
};

}  // namespace depix
