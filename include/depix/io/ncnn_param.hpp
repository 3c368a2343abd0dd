// NcnnLayer: one line of ncnn's .param files, and the reader of these files.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "depix/error.hpp"

namespace depix {

/// A layer's weight: its name in PyTorch, its shape there, and its values, row-major.
struct NcnnTensor {
    std::string name;
    std::vector<std::size_t> shape;
    std::vector<float> values;
};

/// One line of a .param file, with the weights that belong to it.
struct NcnnLayer {
    std::string type;  ///< "Convolution"
    std::string name;
    std::vector<std::string> inputs, outputs;       ///< names of maps
    std::map<int, std::vector<double>> parameters;  ///< by ncnn's numbers; a number that is no array is an array of 1
    std::vector<NcnnTensor> tensors;                ///< named "weight", "bias" ..., in PyTorch's order and shapes

    double number(int key, double otherwise) const {
        const auto found = parameters.find(key);
        return found == parameters.end() || found->second.size() != 1 ? otherwise : found->second[0];
    }
    /// The same as a whole number; those that do not fit into an int become the nearest that does.
    int integer(int key, int otherwise) const {
        const double value = number(key, otherwise);
        constexpr double limit = (std::numeric_limits<int>::max)();
        return value != value ? otherwise : static_cast<int>(std::clamp(value, -limit, limit));
    }
};

namespace detail {

/// Reads the text of a .param file.
class NcnnParamReader {
  public:
    static constexpr int maximum_layers = 100'000;

    NcnnParamReader(std::string_view text, const std::string& path) : text_(text), path_(path) {}

    std::vector<NcnnLayer> read() {
        if (text_.starts_with("\x5D\x86\x76"))
            fail("a binary .param file; ncnn2mem makes such from a .param of text, which is read");
        if (next_line() != std::vector<std::string_view>{"7767517"})
            fail("no .param file of ncnn's: the first line is not 7767517");
        const std::vector<std::string_view> counts = next_line();
        if (counts.size() != 2) fail("the second line is not two numbers");
        const int layer_count = whole(counts[0]);
        if (layer_count < 1 || layer_count > maximum_layers)
            fail("claims " + std::to_string(layer_count) + " layers; from 1 to 100000 are read");
        std::vector<NcnnLayer> layers;
        for (std::vector<std::string_view> words = next_line(); !words.empty(); words = next_line())
            layers.push_back(layer(words));
        if (layers.size() != static_cast<std::size_t>(layer_count))
            fail("claims " + std::to_string(layer_count) + " layers and has " + std::to_string(layers.size()));
        return layers;
    }

  private:
    // The words of the next line that has any; none at the end.
    std::vector<std::string_view> next_line() {
        std::vector<std::string_view> words;
        while (words.empty() && position_ < text_.size()) {
            const std::size_t end = (std::min)(text_.find('\n', position_), text_.size());
            const std::string_view line = text_.substr(position_, end - position_);
            position_ = end + 1;
            ++line_;
            constexpr std::string_view blanks = " \t\r";
            for (std::size_t i = line.find_first_not_of(blanks); i < line.size();) {
                const std::size_t last = (std::min)(line.find_first_of(blanks, i), line.size());
                words.push_back(line.substr(i, last - i));
                i = (std::min)(line.find_first_not_of(blanks, last), line.size());
            }
        }
        return words;
    }

    NcnnLayer layer(const std::vector<std::string_view>& words) {
        if (words.size() < 4) fail("a layer has a type, a name and two counts of maps");
        NcnnLayer result;
        result.type = words[0];
        result.name = words[1];
        if (!names_.insert(result.name).second) fail("two layers are called " + result.name);
        const auto in = static_cast<std::size_t>((std::max)(whole(words[2]), 0));
        const auto out = static_cast<std::size_t>((std::max)(whole(words[3]), 0));
        if (in > words.size() || out > words.size() || 4 + in + out > words.size())
            fail("layer " + result.name + " has fewer maps than it claims");
        const auto maps = words.begin() + 4, middle = maps + static_cast<std::ptrdiff_t>(in),
                   parameters = middle + static_cast<std::ptrdiff_t>(out);
        result.inputs.assign(maps, middle);
        result.outputs.assign(middle, parameters);
        // Every map is written once, before it is read: so there are no cycles.
        for (const std::string& map : result.inputs)
            if (!maps_.contains(map))
                fail("layer " + result.name + " reads " + map + ", which no layer above it writes");
        for (const std::string& map : result.outputs)
            if (!maps_.insert(map).second) fail("two layers write the map " + map);
        for (auto word = parameters; word != words.end(); ++word) parameter(result, *word);
        return result;
    }

    // "6=1728", or an array: "-23310=2,0.2,1.0" is number 10, which newer files write as "10=0.2,1.0", and an array of
    // one as "10=0.2,".
    void parameter(NcnnLayer& layer, std::string_view word) {
        const std::size_t equal = word.find('=');
        if (equal == std::string_view::npos) fail("layer " + layer.name + ": no parameter: " + std::string(word));
        int key = whole(word.substr(0, equal));
        if (key > -23300 && word.ends_with(',')) word.remove_suffix(1);
        std::vector<double> values;
        for (std::size_t i = equal + 1; i <= word.size();) {
            const std::size_t comma = (std::min)(word.find(',', i), word.size());
            values.push_back(real(word.substr(i, comma - i)));
            i = comma + 1;
        }
        if (key <= -23300) {
            key = -23300 - key;
            if (values[0] != static_cast<double>(values.size() - 1))
                fail("layer " + layer.name + ": an array of another length than it claims: " + std::string(word));
            values.erase(values.begin());
        }
        if (!layer.parameters.emplace(key, std::move(values)).second)
            fail("layer " + layer.name + " has parameter " + std::to_string(key) + " twice");
    }

    int whole(std::string_view word) const {
        int value = 0;
        const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
        if (error != std::errc{} || end != word.data() + word.size()) fail("no whole number: " + std::string(word));
        return value;
    }
    double real(std::string_view word) const {
        double value = 0;
        const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
        if (error != std::errc{} || end != word.data() + word.size()) fail("no number: " + std::string(word));
        return value;
    }
    [[noreturn]] void fail(const std::string& what) const {
        detail::fail(FileError(path_, "line " + std::to_string(line_) + ": " + what));
    }

    std::string_view text_;
    const std::string& path_;
    std::size_t position_ = 0;
    std::size_t line_ = 0;
    std::set<std::string> names_, maps_;
};

}  // namespace detail
}  // namespace depix
