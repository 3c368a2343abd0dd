// The rules of ncnn's .param files: those of its documentation, and what its reader takes. Written from
// https://github.com/Tencent/ncnn/blob/master/docs/developer-guide/operators.md and
// https://github.com/Tencent/ncnn/blob/master/docs/developer-guide/param-and-model-file-structure.md
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace depix_test {

/// The numbers of parameters that a layer has: whole numbers, real numbers, lists of whole numbers.
struct NcnnParameters {
    std::set<int> whole, real, lists;
};

inline const std::map<std::string, NcnnParameters>& ncnn_layers() {
    static const std::set<int> window{0, 1, 2, 3, 4, 5, 6, 9, 11, 12, 13, 14, 15, 16};
    static const auto with = [](std::set<int> numbers, const std::set<int>& more) {
        numbers.insert(more.begin(), more.end());
        return numbers;
    };
    // clang-format off
    static const std::map<std::string, NcnnParameters> layers{
        {"Input", {{0, 1, 2, 11}, {}, {}}},
        {"Split", {}}, {"Noop", {}}, {"Sigmoid", {}}, {"TanH", {}}, {"Swish", {}}, {"Mish", {}},
        {"Convolution", {with(window, {8, 19}), {18}, {}}},
        {"ConvolutionDepthWise", {with(window, {7, 8, 19}), {18}, {}}},
        {"Deconvolution", {with(window, {18, 19, 20, 21, 28}), {}, {}}},
        {"DeconvolutionDepthWise", {with(window, {7, 18, 19, 20, 21, 28}), {}, {}}},
        {"InnerProduct", {{0, 1, 2, 8, 9}, {}, {}}},
        {"ReLU", {{}, {0}, {}}}, {"ELU", {{}, {0}, {}}}, {"Clip", {{}, {0, 1}, {}}}, {"PReLU", {{0}, {}, {}}},
        {"GELU", {{0}, {}, {}}}, {"HardSigmoid", {{}, {0, 1}, {}}}, {"HardSwish", {{}, {0, 1}, {}}},
        {"Softmax", {{0, 1}, {}, {}}}, {"BinaryOp", {{0, 1}, {2}, {}}}, {"Concat", {{0}, {}, {}}},
        {"Scale", {{0, 1}, {}, {}}}, {"BatchNorm", {{0}, {1}, {}}}, {"InstanceNorm", {{0, 2}, {1}, {}}},
        {"GroupNorm", {{0, 1, 3}, {2}, {}}},
        {"Pooling", {{0, 1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 14, 15, 18}, {}, {}}},
        {"Padding", {{0, 1, 2, 3, 4, 6, 7, 8}, {5}, {}}},
        {"Crop", {{0, 1, 2, 3, 4, 5, 6, 7, 8}, {}, {9, 10, 11}}},
        {"Interp", {{0, 3, 4, 5, 6}, {1, 2}, {}}}, {"PixelShuffle", {{0, 1}, {}, {}}}, {"Reorg", {{0, 1}, {}, {}}}};
    // clang-format on
    return layers;
}

/// The first rule that the text breaks, with its line; empty if there is none. `output` is the result's map.
inline std::string broken_ncnn_rule(const std::string& param, const std::string& output = "output") {
    std::istringstream lines(param);
    std::string line;
    std::getline(lines, line);
    if (line != "7767517") return "the first line is " + line;
    std::size_t layer_count = 0, map_count = 0, layers = 0;
    std::getline(lines, line);
    std::istringstream(line) >> layer_count >> map_count;
    if (line != std::to_string(layer_count) + " " + std::to_string(map_count)) return "two counts: " + line;
    std::set<std::string> names, written, read;
    for (; std::getline(lines, line); ++layers) {
        std::istringstream words(line);
        std::string type, name, map;
        std::size_t in = 0, out = 0;
        words >> type >> name >> in >> out;
        const auto known = ncnn_layers().find(type);
        if (known == ncnn_layers().end()) return "no such type: " + line;
        if (!names.insert(name).second || name.size() > 255) return "a name twice, or too long: " + line;
        if ((in == 0) != (type == "Input") || out == 0 || (out > 1) != (type == "Split"))
            return "another number of maps: " + line;
        for (std::size_t i = 0; i < in; ++i)  // every map has one reader; Split makes more of it
            if (!(words >> map) || !written.contains(map) || !read.insert(map).second) return map + " is read: " + line;
        for (std::size_t i = 0; i < out; ++i)
            if (!(words >> map) || !written.insert(map).second || map.size() > 255) return map + " is written: " + line;
        std::set<int> numbers;
        for (std::string parameter; words >> parameter;) {
            const std::size_t equal = parameter.find('=');
            if (equal == std::string::npos) return parameter + " has no value: " + line;
            const int key = std::stoi(parameter.substr(0, equal));
            const bool is_list = key <= -23300;
            const int number = is_list ? -23300 - key : key;
            if (!numbers.insert(number).second) return parameter + " comes twice: " + line;
            const bool is_real = parameter.find_first_of(".e", equal) != std::string::npos;
            const std::set<int>& kind = is_list   ? known->second.lists
                                        : is_real ? known->second.real
                                                  : known->second.whole;
            if (!kind.contains(number)) return parameter + " is of another kind: " + line;
            // The reader takes at most 15 characters of a value.
            std::vector<std::string> values;
            std::istringstream list(parameter.substr(equal + 1));
            for (std::string value; std::getline(list, value, ',');) values.push_back(value);
            for (const std::string& value : values)
                if (value.empty() || value.size() > 15) return value + " is too long: " + line;
            if (is_list ? values.size() != 1 + std::stoul(values[0]) : values.size() != 1)
                return parameter + " has another length: " + line;
        }
    }
    if (layers != layer_count) return std::to_string(layers) + " layers";
    if (written.size() != map_count) return std::to_string(written.size()) + " maps";
    for (const std::string& map : written)
        if (read.contains(map) == (map == output)) return map + " is read by no layer, or is the output and read";
    return written.contains(output) && written.contains("data") ? "" : "no map is called data or " + output;
}

}  // namespace depix_test
