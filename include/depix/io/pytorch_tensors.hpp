// PyTorch's tensors in a pickle: which calls are allowed, what a storage is, and how a strided view becomes dense.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "depix/error.hpp"
#include "depix/io/data_type.hpp"
#include "depix/io/pickle.hpp"
#include "depix/io/tensor_file.hpp"

namespace depix::pytorch {

/// The functions that make tensors of storages.
inline constexpr std::array<std::string_view, 3> tensor_calls{
    "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor_v3"};

/// Functions and classes whose first argument is the tensor.
inline constexpr std::array<std::string_view, 4> parameter_calls{
    "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state", "torch.nn.parameter.Parameter",
    "torch.nn.parameter.Buffer"};

/// A tensor with attributes: its first argument is one of the functions above, its third that function's arguments.
inline constexpr std::string_view tensor_with_state_call = "torch._tensor._rebuild_from_type_v2";

/// Mappings, whose items are looked at like a dict's.
inline constexpr std::array<std::string_view, 9> mapping_calls{"collections.OrderedDict",
                                                               "collections.defaultdict",
                                                               "collections.Counter",
                                                               "builtins.dict",
                                                               "__builtin__.dict",
                                                               "pytorch_lightning.utilities.parsing.AttributeDict",
                                                               "lightning.pytorch.utilities.parsing.AttributeDict",
                                                               "lightning_fabric.utilities.data.AttributeDict",
                                                               "lightning.fabric.utilities.data.AttributeDict"};

/// What stands beside weights in checkpoints, such as hyper-parameters and the state of a training. These values are
/// passed over: they are neither made nor looked at.
inline constexpr std::array<std::string_view, 46> inert_calls{"torch.Size",
                                                              "torch.device",
                                                              "argparse.Namespace",
                                                              "types.SimpleNamespace",
                                                              "builtins.set",
                                                              "__builtin__.set",
                                                              "builtins.frozenset",
                                                              "builtins.bytearray",
                                                              "builtins.complex",
                                                              "builtins.range",
                                                              "builtins.slice",
                                                              "collections.deque",
                                                              "_codecs.encode",
                                                              "datetime.date",
                                                              "datetime.datetime",
                                                              "datetime.timedelta",
                                                              "decimal.Decimal",
                                                              "fractions.Fraction",
                                                              "pathlib.Path",
                                                              "pathlib.PosixPath",
                                                              "pathlib.WindowsPath",
                                                              "pathlib.PurePosixPath",
                                                              "pathlib.PureWindowsPath",
                                                              "pathlib._local.PosixPath",
                                                              "pathlib._local.WindowsPath",
                                                              "numpy.dtype",
                                                              "numpy.ndarray",
                                                              "numpy.core.multiarray.scalar",
                                                              "numpy.core.multiarray._reconstruct",
                                                              "numpy.core.numeric._frombuffer",
                                                              "numpy._core.numeric._frombuffer",
                                                              "numpy._core.multiarray.scalar",
                                                              "numpy._core.multiarray._reconstruct",
                                                              "omegaconf.dictconfig.DictConfig",
                                                              "omegaconf.listconfig.ListConfig",
                                                              "omegaconf.base.Metadata",
                                                              "omegaconf.base.ContainerMetadata",
                                                              "omegaconf.nodes.AnyNode",
                                                              "omegaconf.nodes.StringNode",
                                                              "omegaconf.nodes.IntegerNode",
                                                              "omegaconf.nodes.FloatNode",
                                                              "omegaconf.nodes.BooleanNode",
                                                              "omegaconf.nodes.BytesNode",
                                                              "omegaconf.nodes.PathNode",
                                                              "omegaconf.nodes.EnumNode",
                                                              "omegaconf.nodes.InterpolationResultNode"};

inline bool is_one_of(std::string_view name, std::span<const std::string_view> list) {
    return std::find(list.begin(), list.end(), name) != list.end();
}

/// The allow-list: everything else is refused by name.
inline pickle::Call judge(std::string_view name) {
    if (is_one_of(name, mapping_calls)) return pickle::Call::Dict;
    const bool allowed = is_one_of(name, tensor_calls) || is_one_of(name, parameter_calls) ||
                         name == tensor_with_state_call || is_one_of(name, inert_calls);
    return allowed ? pickle::Call::Keep : pickle::Call::Refuse;
}

/// The element types of PyTorch. Integers that DataType does not list become I64.
struct ElementType {
    std::string_view storage, dtype;  ///< "FloatStorage", "float32"
    std::size_t size;
    DataType type;
};
inline constexpr std::array<ElementType, 21> element_types{{
    {"DoubleStorage", "float64", 8, DataType::F64},
    {"FloatStorage", "float32", 4, DataType::F32},
    {"HalfStorage", "float16", 2, DataType::F16},
    {"BFloat16Storage", "bfloat16", 2, DataType::BF16},
    {"LongStorage", "int64", 8, DataType::I64},
    {"IntStorage", "int32", 4, DataType::I64},
    {"ShortStorage", "int16", 2, DataType::I64},
    {"CharStorage", "int8", 1, DataType::I64},
    {"ByteStorage", "uint8", 1, DataType::U8},
    {"BoolStorage", "bool", 1, DataType::U8},
    {"ComplexFloatStorage", "complex64", 8, DataType::Other},
    {"ComplexDoubleStorage", "complex128", 16, DataType::Other},
    {"QInt8Storage", "qint8", 1, DataType::Other},
    {"QUInt8Storage", "quint8", 1, DataType::Other},
    {"QInt32Storage", "qint32", 4, DataType::Other},
    {"", "uint16", 2, DataType::Other},
    {"", "uint32", 4, DataType::Other},
    {"", "uint64", 8, DataType::Other},
    {"", "float8_e4m3fn", 1, DataType::Other},
    {"", "float8_e5m2", 1, DataType::Other},
    {"UntypedStorage", "", 1, DataType::Other},
}};

/// A view of a storage, in elements.
struct StridedTensor {
    const ElementType* type = nullptr;
    std::string key;  ///< of the storage
    std::uint64_t offset = 0;
    std::vector<std::size_t> shape, strides;

    /// Whether the elements follow each other row-major, without a gap.
    bool dense() const {
        std::size_t expected = 1;
        for (std::size_t i = shape.size(); i-- > 0; expected *= shape[i])
            if (shape[i] != 1 && strides[i] != expected) return false;
        return true;
    }
};

/// Reads the tensors of a pickle. Every error names the file and the tensor.
class TensorReader {
  public:
    TensorReader(const pickle::Pickle& values, const std::string& path) : values_(values), path_(path) {}

    bool is_tensor(pickle::Index index) const {
        const std::string name = called(index);
        return is_one_of(name, tensor_calls) || name == tensor_with_state_call ||
               (is_one_of(name, parameter_calls) && !arguments(index).empty() && is_tensor_call(arguments(index)[0]));
    }

    StridedTensor read(pickle::Index index, const std::string& name) const {
        std::string function = called(index);
        std::vector<pickle::Index> list = arguments(index);
        // A parameter holds a tensor, which may have attributes; nothing is nested deeper.
        for (int depth = 0; depth < 4 && !is_one_of(function, tensor_calls); ++depth) {
            if (is_one_of(function, parameter_calls) && !list.empty()) {
                function = called(list[0]);
                list = arguments(list[0]);
            } else if (function == tensor_with_state_call && list.size() >= 3 &&
                       values_[list[0]].kind == pickle::Kind::Name && values_[list[2]].kind == pickle::Kind::Tuple) {
                function = values_.full_name(values_[list[0]]);
                list = std::vector<pickle::Index>(values_[list[2]].items);
            }
        }
        const bool untyped = function == tensor_calls[2];
        if (!is_one_of(function, tensor_calls) || list.size() < (untyped ? 7 : 4)) fail(name, "is not made as usual");
        StridedTensor tensor = storage(list[0], name);
        if (untyped) tensor.type = element_type(list[6], name);
        const std::vector<std::size_t> offset = integers(list[1], name);
        tensor.offset += offset.size() == 1 ? offset[0] : 0;
        tensor.shape = integers(list[2], name);
        tensor.strides = integers(list[3], name);
        if (tensor.shape.size() != tensor.strides.size() || tensor.shape.size() > 64)
            fail(name, "has " + std::to_string(tensor.shape.size()) + " dimensions and " +
                           std::to_string(tensor.strides.size()) + " strides");
        return tensor;
    }

    /// Whether a value stands for a storage. In the legacy format, persistent ids stand for classes, too.
    bool is_storage(pickle::Index index) const {
        const pickle::Value& id = values_[index];
        if (id.kind != pickle::Kind::Persistent || values_[id.items[0]].items.size() < 5) return false;
        return item(id, 0).kind == pickle::Kind::Text && item(id, 0).text == "storage" &&
               item(id, 1).kind == pickle::Kind::Name && item(id, 2).kind == pickle::Kind::Text;
    }

    /// The storage that a persistent id names: ("storage", type, key, device, elements), in the legacy format followed
    /// by (key, offset, elements) of a part, or by None.
    StridedTensor storage(pickle::Index index, const std::string& name) const {
        if (!is_storage(index)) fail(name, "lies in what is no storage of this file");
        const pickle::Value& id = values_[index];
        StridedTensor storage;
        storage.type = element_type(values_[id.items[0]].items[1], name);
        storage.key = std::string(item(id, 2).text);
        if (values_[id.items[0]].items.size() > 5 && item(id, 5).kind == pickle::Kind::Tuple) {
            const pickle::Value& part = item(id, 5);
            if (part.items.size() != 3) fail(name, "lies in what is no storage of this file");
            const std::vector<std::size_t> offset = integers(part.items[1], name);
            storage.offset = offset.size() == 1 ? offset[0] : 0;
        }
        return storage;
    }

    [[noreturn]] void fail(const std::string& name, const std::string& what) const {
        detail::fail(FileError(path_, "tensor \"" + name + "\": " + what));
    }

  private:
    const pickle::Value& item(const pickle::Value& id, std::size_t i) const {
        return values_[values_[id.items[0]].items[i]];
    }
    /// The full name of what an Object calls; "" of anything else.
    std::string called(pickle::Index index) const {
        const pickle::Value& value = values_[index];
        return value.kind == pickle::Kind::Object ? values_.full_name(values_[value.items[0]]) : "";
    }
    bool is_tensor_call(pickle::Index index) const {
        const std::string name = called(index);
        return is_one_of(name, tensor_calls) || name == tensor_with_state_call;
    }
    std::vector<pickle::Index> arguments(pickle::Index index) const {
        const pickle::Value& value = values_[index];
        return value.kind == pickle::Kind::Object ? values_[value.items[1]].items : std::vector<pickle::Index>{};
    }

    /// An integer, a tuple of them, or a torch.Size.
    std::vector<std::size_t> integers(pickle::Index index, const std::string& name) const {
        if (called(index) == "torch.Size" && arguments(index).size() == 1) index = arguments(index)[0];
        const pickle::Value& value = values_[index];
        std::vector<std::size_t> result;
        const auto append = [&](const pickle::Value& number) {
            if (number.kind != pickle::Kind::Integer || number.integer < 0)
                fail(name, "has a size, stride or offset that is no number, or negative");
            result.push_back(static_cast<std::size_t>(number.integer));
        };
        if (value.kind == pickle::Kind::Integer)
            append(value);
        else if (value.kind != pickle::Kind::Tuple && value.kind != pickle::Kind::List)
            fail(name, "has a size, stride or offset that is no number");
        else
            for (const pickle::Index i : value.items) append(values_[i]);
        return result;
    }

    /// "torch.FloatStorage", "torch.cuda.FloatStorage", "torch.float32".
    const ElementType* element_type(pickle::Index index, const std::string& name) const {
        if (values_[index].kind != pickle::Kind::Name) fail(name, "is of a type without a name");
        const std::string full = values_.full_name(values_[index]);
        std::string last = full.substr(full.rfind('.') + 1);
        if (last == "_UntypedStorage") last = "UntypedStorage";
        if (full.starts_with("torch."))
            for (const ElementType& type : element_types)
                if (!last.empty() && (type.storage == last || type.dtype == last)) return &type;
        fail(name, "is of type " + full + ", which is not read");
    }

    const pickle::Pickle& values_;
    const std::string& path_;
};

}  // namespace depix::pytorch
