// read_pytorch_file: the weights in a file that torch.save wrote (.pth, .pt, .ckpt), without Python.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "depix/error.hpp"
#include "depix/io/atomic_file.hpp"
#include "depix/io/pickle.hpp"
#include "depix/io/pytorch_state_dict.hpp"
#include "depix/io/pytorch_tensors.hpp"
#include "depix/io/tensor_file.hpp"
#include "depix/io/zip_file.hpp"

namespace depix {

namespace pytorch {

/// Where a storage's bytes lie in the file.
struct Extent {
    std::size_t begin = 0, end = 0;
};

/// The legacy format begins with a pickle of the number 0x1950a86a20f9469cfc6c.
inline bool is_legacy(std::string_view text) {
    constexpr std::string_view number = "\x8a\x0al\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";
    return text.starts_with('\x80') && text.substr(0, 32).find(number) != std::string_view::npos;
}

/// Places tensors of storages into a TensorFile. Views that are dense keep their place in the file's bytes, even if
/// they share a storage; others are copied, row-major.
class TensorPlacer {
  public:
    TensorPlacer(std::span<const std::byte> bytes, const TensorReader& reader) : bytes_(bytes), reader_(reader) {}

    void add(const std::string& name, const StridedTensor& tensor, Extent storage) {
        const ElementType& type = *tensor.type;
        const std::optional<std::size_t> count = element_count(tensor.shape);
        if (!count) reader_.fail(name, "claims the shape " + to_string(tensor.shape));
        if (type.type == DataType::Other) return placed_.push_back({name, type.type, tensor.shape, 0, 0});
        check_inside(name, tensor, (storage.end - storage.begin) / type.size, *count);
        if (tensor.dense() && type.size == info(type.type).size) {
            const std::size_t begin = *count == 0 ? 0 : storage.begin + tensor.offset * type.size;
            placed_.push_back({name, type.type, tensor.shape, begin, begin + *count * type.size});
            return;
        }
        // Copies could be much larger than the file: of views whose strides are 0, or of one storage many times.
        const std::size_t limit = 4 * bytes_.size() + (std::size_t{64} << 20);
        const std::size_t size = info(type.type).size;
        if (*count > (limit - copies_.size()) / size)
            reader_.fail(name, "takes more memory as a copy than " + std::to_string(limit) +
                                   " bytes, which is the limit for all views in this file");
        const std::size_t begin = copies_.size();
        copies_.resize(begin + *count * size);
        gather(tensor, storage, *count, std::span(copies_).subspan(begin));
        placed_.push_back({name, type.type, tensor.shape, bytes_.size() + begin, bytes_.size() + copies_.size()});
    }

    /// Hands everything to the file. `bytes` are those that were given to the constructor.
    void finish(TensorFile& file, std::vector<std::byte> bytes) {
        bytes.insert(bytes.end(), copies_.begin(), copies_.end());
        copies_ = {};
        file.take_bytes(std::move(bytes));
        for (Placed& tensor : placed_)
            file.add_in_place(tensor.name, tensor.dtype, std::move(tensor.shape), tensor.begin, tensor.end);
    }

  private:
    struct Placed {
        std::string name;
        DataType dtype = DataType::F32;
        std::vector<std::size_t> shape;
        std::size_t begin = 0, end = 0;
    };

    /// The last element, at offset + sum of (extent - 1) * stride, must be one of the storage's.
    void check_inside(const std::string& name, const StridedTensor& tensor, std::size_t elements,
                      std::size_t count) const {
        if (count == 0) return;
        std::size_t last = tensor.offset;
        bool inside = last < elements;
        for (std::size_t i = 0; inside && i < tensor.shape.size(); ++i) {
            const std::size_t steps = tensor.shape[i] - 1;
            inside = steps == 0 || tensor.strides[i] <= (elements - 1 - last) / steps;
            if (inside) last += steps * tensor.strides[i];
        }
        if (!inside)
            reader_.fail(name, "of shape " + to_string(tensor.shape) + " with strides " + to_string(tensor.strides) +
                                   " at " + std::to_string(tensor.offset) + " reaches beyond its storage \"" +
                                   tensor.key + "\" of " + std::to_string(elements) + " elements");
    }

    /// Copies a view row-major, and widens integers.
    void gather(const StridedTensor& tensor, Extent storage, std::size_t count, std::span<std::byte> to) const {
        const std::size_t size = tensor.type->size, wide = to.size() / (std::max<std::size_t>)(count, 1);
        std::vector<std::size_t> position(tensor.shape.size());
        std::size_t element = tensor.offset;
        for (std::size_t i = 0; i < count; ++i) {
            const std::byte* from = bytes_.data() + storage.begin + element * size;
            std::byte* const target = to.data() + i * wide;
            std::memcpy(target, from, size);
            const bool negative = (std::to_integer<unsigned>(from[size - 1]) & 0x80) != 0;
            std::fill(target + size, target + wide, negative ? std::byte{0xFF} : std::byte{0});
            for (std::size_t axis = position.size(); axis-- > 0;) {
                element += tensor.strides[axis];
                if (++position[axis] < tensor.shape[axis]) break;
                element -= tensor.strides[axis] * tensor.shape[axis];
                position[axis] = 0;
            }
        }
    }

    std::span<const std::byte> bytes_;
    const TensorReader& reader_;
    std::vector<Placed> placed_;
    std::vector<std::byte> copies_;
};

/// Builds the TensorFile from the pickle of the weights; find(key) gives a storage's place in `bytes`.
template <class Find>
TensorFile make_tensor_file(std::vector<std::byte> bytes, const std::string& path, const pickle::Pickle& values,
                            const PyTorchOptions& options, const char* container, Find&& find) {
    TensorFile file(path, "PyTorch");
    file.metadata["container"] = container;
    const TensorReader reader(values, path);
    TensorPlacer placer(bytes, reader);
    for (const auto& [name, index] : StateDict(values, reader, path).tensors(options, file.metadata)) {
        const StridedTensor tensor = reader.read(index, name);
        placer.add(name, tensor, find(tensor.key, name));
    }
    placer.finish(file, std::move(bytes));
    return file;
}

/// FOLDER/data.pkl, FOLDER/data/KEY for each storage, FOLDER/byteorder.
inline TensorFile parse_zip(std::vector<std::byte> bytes, const std::string& path, const PyTorchOptions& options) {
    const ZipFile zip(bytes, path);
    std::string folder;
    for (const auto& item : zip.entries()) {
        const std::string& name = item.first;
        const std::size_t slash = name.find('/');
        if (slash == std::string::npos) continue;
        if (name.substr(slash) == "/constants.pkl")
            detail::fail(FileError(path,
                                   "a TorchScript archive, which holds a program; in Python, "
                                   "torch.save(torch.jit.load(path).state_dict(), \"weights.pth\") takes out "
                                   "the weights"));
        if (name.substr(slash) == "/data.pkl") folder = name.substr(0, slash + 1);
    }
    if (folder.empty()) detail::fail(FileError(path, "a zip archive without PyTorch's data.pkl"));
    if (zip.contains(folder + "byteorder")) {
        const std::span<const std::byte> order = zip.bytes(folder + "byteorder");
        const std::string_view text(reinterpret_cast<const char*>(order.data()), order.size());
        if (!text.starts_with("little"))
            detail::fail(FileError(path, "its values are stored with the byte order \"" +
                                             std::string(text.substr(0, 16)) +
                                             "\", and only little-endian files are read"));
    }
    const pickle::Pickle values(zip.bytes(folder + "data.pkl"), 0, path, judge);
    const auto find = [&](const std::string& key, const std::string&) {
        const ZipFile::Entry& entry = zip.stored(folder + "data/" + key);
        return Extent{entry.begin, entry.end};
    };
    return make_tensor_file(std::move(bytes), path, values, options, "zip", find);
}

/// Five pickles in sequence (magic number, version, system, object, keys of storages), then for each key the number of
/// elements in 8 bytes, and the elements.
inline TensorFile parse_legacy(std::vector<std::byte> bytes, const std::string& path, const PyTorchOptions& options) {
    const pickle::Pickle number(bytes, 0, path, judge);
    const pickle::Pickle version(bytes, number.end, path, judge);
    const pickle::Pickle system(bytes, version.end, path, judge);
    for (std::size_t i = 0; i + 1 < system[system.root].items.size(); i += 2)
        if (system[system[system.root].items[i]].text == "little_endian" &&
            system[system[system.root].items[i + 1]].integer == 0)
            detail::fail(FileError(path, "its values are stored big-endian, and only little-endian files are read"));
    const pickle::Pickle values(bytes, system.end, path, judge);
    const pickle::Pickle keys(bytes, values.end, path, judge);

    const TensorReader reader(values, path);
    std::map<std::string, std::size_t, std::less<>> element_sizes;
    for (std::size_t i = 0; i < values.values.size(); ++i)
        if (reader.is_storage(static_cast<pickle::Index>(i))) {
            const StridedTensor storage = reader.storage(static_cast<pickle::Index>(i), "of a storage");
            element_sizes[storage.key] = storage.type->size;
        }
    std::map<std::string, Extent> extents;
    std::size_t at = keys.end;
    if (keys[keys.root].kind != pickle::Kind::List) detail::fail(FileError(path, "has no list of its storages"));
    for (const pickle::Index index : keys[keys.root].items) {
        const std::string key(keys[index].text);
        const auto refuse = [&](const char* what) { detail::fail(FileError(path, "storage \"" + key + "\" " + what)); };
        const auto size = element_sizes.find(key);
        if (size == element_sizes.end()) refuse("belongs to no tensor, so that its type is unknown");
        std::uint64_t elements = 0;
        if (bytes.size() - at < sizeof elements) refuse("is missing: the file is cut off");
        std::memcpy(&elements, bytes.data() + at, sizeof elements);
        at += sizeof elements;
        if (elements > (bytes.size() - at) / size->second) refuse("reaches beyond the end of the file");
        const std::size_t end = at + elements * size->second;
        if (!extents.emplace(key, Extent{at, end}).second) refuse("comes twice");
        at = end;
    }
    const auto find = [&](const std::string& key, const std::string& name) {
        const auto found = extents.find(key);
        if (found == extents.end()) reader.fail(name, "lies in storage \"" + key + "\", which the file does not hold");
        return found->second;
    };
    return make_tensor_file(std::move(bytes), path, values, options, "legacy", find);
}

}  // namespace pytorch

/// Whether a file begins like one of torch.save's, in either format. Any other zip archive begins so, too.
inline bool is_pytorch_file(std::span<const std::byte> bytes) {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return ZipFile::is_zip(bytes) || pytorch::is_legacy(text);
}

/// Reads a file of torch.save's from memory; `name` stands for the path in messages. See read_pytorch_file.
inline TensorFile parse_pytorch_file(std::vector<std::byte> bytes, const std::string& name = "memory",
                                     const PyTorchOptions& options = {}) {
    if (ZipFile::is_zip(bytes)) return pytorch::parse_zip(std::move(bytes), name, options);
    if (is_pytorch_file(bytes)) return pytorch::parse_legacy(std::move(bytes), name, options);
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (text.size() > 262 && text.substr(257, 5) == "ustar")
        detail::fail(FileError(name, "a tar archive, as PyTorch before 0.1.10 wrote it; a newer torch.save is needed"));
    detail::fail(FileError(name, "no file of torch.save's: neither a zip archive nor PyTorch's legacy format"));
}

/// Reads the weights in a file that torch.save wrote: a zip archive (PyTorch 1.6 and later) or the legacy format.
///
/// The file's object is a state_dict, or dicts that hold one, as in a checkpoint: see PyTorchOptions::weights. All
/// floating types are read; integers become I64, booleans U8; strided views become dense and row-major, up to 4 times
/// the file's size and 64 MiB in all. `module.`, `_orig_mod.`, `net_g.` and `netG.` are taken off where every name
/// begins so. The metadata say what was chosen: "container", "weights", "other weights", "prefix", "passed over".
///
/// Nothing in the file is executed. Its pickle may call only what pytorch::judge allows; FileError names anything else,
/// as it does damage, big-endian files, TorchScript archives and whole models.
inline TensorFile read_pytorch_file(const std::string& path, const PyTorchOptions& options = {},
                                    std::size_t maximum_bytes = std::size_t{1} << 32) {
    return parse_pytorch_file(read_file(path, maximum_bytes), path, options);
}

}  // namespace depix
