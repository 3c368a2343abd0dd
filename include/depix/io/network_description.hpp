// NetworkDescription: what is known of a network from the names and shapes of its tensors.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "depix/error.hpp"
#include "depix/io/safetensors.hpp"
#include "depix/io/tensor_file.hpp"

namespace depix {

/// A network that was recognised in a file.
struct NetworkDescription {
    std::string architecture = {};  ///< "RRDBNet"
    std::string type = {};          ///< in depix: "RRDBNet<64, 32, 23>"; "" where models/ has no type for it
    int scale = 1;                  ///< of the output's sides
    int in_channels = 3;            ///< of a picture; a noise map that the network takes besides is not counted
    int out_channels = 3;
    int features = 0;        ///< channels of the widest size, the first
    int depth = 0;           ///< blocks, or convolutions of a chain
    int growth = 0;          ///< of a dense block
    bool noise_map = false;  ///< the input's last channel is the standard deviation of the noise
    NameMap name_map = {};   ///< from the file's names to the type's, for LoadOptions; empty if they are the same
    std::function<TensorFile(const TensorFile&)> convert = {};  ///< before the name map; empty if nothing is to be done
    std::string note = {};                                      ///< what a user should know besides; may be empty
};

/// The same tensors under other names; those whose name becomes "" are left out. Throws FileError where two names
/// become one.
inline TensorFile renamed(TensorFile file, const NameMap& map) {
    std::vector<std::string> names;
    std::map<std::string, TensorFile::Entry> entries;
    for (const std::string& name : file.names) {
        const std::string own = map(name);
        if (own.empty()) continue;
        if (!entries.emplace(own, file.entry(name)).second)
            detail::fail(FileError(file.path, name + " and another tensor are both mapped to " + own));
        names.push_back(own);
    }
    file.names = std::move(names);
    file.entries = std::move(entries);
    return file;
}

/// The file's weights as the network's type takes them.
inline TensorFile prepare_weights(TensorFile file, const NetworkDescription& network) {
    if (network.convert) file = network.convert(file);
    return network.name_map ? renamed(std::move(file), network.name_map) : std::move(file);
}

namespace detail {

/// Names and shapes of a file, under the names of a network's type.
class TensorShapes {
  public:
    explicit TensorShapes(const TensorFile& file, const NameMap& map = {}) : file_(&file) {
        for (const std::string& name : file.names) {
            const std::string own = map ? map(name) : name;
            if (!own.empty()) shapes_.emplace(own, &file.entry(name).shape);
        }
    }
    TensorShapes mapped(const NameMap& map) const { return TensorShapes(*file_, map); }

    bool has(const std::string& name) const { return shapes_.contains(name); }

    /// Whether there is such a tensor with that many dimensions.
    bool has(const std::string& name, std::size_t dimensions) const {
        const auto found = shapes_.find(name);
        return found != shapes_.end() && found->second->size() == dimensions;
    }
    bool has_shape(const std::string& name, const std::vector<std::size_t>& shape) const {
        const auto found = shapes_.find(name);
        return found != shapes_.end() && *found->second == shape;
    }
    /// An extent; 0 where there is no such tensor or axis, or where it is too large for any network.
    int extent(const std::string& name, std::size_t axis) const {
        const auto found = shapes_.find(name);
        if (found == shapes_.end() || axis >= found->second->size() || (*found->second)[axis] > 1'000'000) return 0;
        return static_cast<int>((*found->second)[axis]);
    }
    int out(const std::string& layer) const { return extent(layer + ".weight", 0); }
    int in(const std::string& layer) const { return extent(layer + ".weight", 1); }
    int kernel(const std::string& layer) const { return extent(layer + ".weight", 2); }

    /// How many of prefix0suffix, prefix1suffix, ... there are, or every step-th of them, without a gap.
    int count(const std::string& prefix, const std::string& suffix, int step = 1) const {
        int n = 0;
        while (has(prefix + std::to_string(n * step) + suffix)) ++n;
        return n;
    }

  private:
    const TensorFile* file_;
    std::map<std::string, const std::vector<std::size_t>*> shapes_;
};

/// "Name<1, 2, 3>". The channels of a picture are the last argument, and left out where they are 3, the default.
inline std::string type_text(const std::string& name, std::vector<int> arguments, int channels = 3) {
    if (channels != 3) arguments.push_back(channels);
    std::string text = name + "<";
    for (const int argument : arguments) text += (text.back() == '<' ? "" : ", ") + std::to_string(argument);
    return text + ">";
}

/// The whole number whose square is n; 0 if there is none.
inline int whole_root(int n) {
    int root = 0;
    while (root * root < n && root < 1000) ++root;
    return root * root == n ? root : 0;
}

}  // namespace detail

}  // namespace depix
