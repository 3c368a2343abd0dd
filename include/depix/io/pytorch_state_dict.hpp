// The state_dict in a checkpoint of PyTorch's: which of its dicts holds the weights, and their names.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "depix/error.hpp"
#include "depix/io/json.hpp"
#include "depix/io/pickle.hpp"
#include "depix/io/pytorch_tensors.hpp"

namespace depix {

struct PyTorchOptions {
    /// Which dict of the file holds the weights: "params", or "ema/model" for one dict in another. By default the first
    /// that is there of pytorch::usual_keys, again and again; then the only dict that holds tensors.
    std::string weights = {};
};

namespace pytorch {

/// The keys under which trainings store weights. Averaged weights come first, as the networks' authors run these.
inline constexpr std::array<std::string_view, 16> usual_keys{
    "params_ema", "params-ema", "state_dict_ema",       "model_ema", "g_ema",
    "params",     "state_dict", "model_state_dict",     "model",     "net_g",
    "netG",       "generator",  "generator_state_dict", "net",       "network",
    "weights"};

/// Prefixes that training adds to every name.
inline constexpr std::array<std::string_view, 4> usual_prefixes{"module.", "_orig_mod.", "net_g.", "netG."};

/// Finds the weights in a checkpoint.
class StateDict {
  public:
    using Names = std::vector<std::pair<std::string, pickle::Index>>;

    StateDict(const pickle::Pickle& values, const TensorReader& reader, const std::string& path)
        : values_(values), reader_(reader), path_(path), contents_(values.values.size(), Contents::Unknown) {}

    /// The tensors' names, in the order of the file. Adds to the metadata what was chosen.
    Names tensors(const PyTorchOptions& options, std::map<std::string, std::string>& metadata) {
        if (values_[values_.root].kind != pickle::Kind::Dict)
            fail("holds " + description(values_.root) + " where a dict of tensors is expected");
        pickle::Index dict = values_.root;
        std::vector<std::string> path;
        if (options.weights.empty())
            dict = choose(path, metadata);
        else
            dict = follow(options.weights, path);
        if (!path.empty()) metadata["weights"] = joined(path, "/");

        Names names;
        std::vector<std::string> passed_over;
        flatten(dict, "", 0, names, passed_over);
        if (names.empty()) fail("holds no tensor" + (path.empty() ? "" : " in " + joined(path, "/")));
        if (!passed_over.empty()) metadata["passed over"] = joined(passed_over, ", ");
        remove_prefixes(names, metadata);
        return names;
    }

  private:
    enum class Contents : std::uint8_t { Unknown, Open, Nothing, Tensors };

    pickle::Index choose(std::vector<std::string>& path, std::map<std::string, std::string>& metadata) {
        pickle::Index dict = values_.root;
        std::vector<std::string> others;
        while (path.size() < maximum_depth) {
            std::vector<std::pair<std::string, pickle::Index>> inner;  // the dicts that hold tensors
            std::vector<std::string> tensors;
            for_each(dict, [&](const std::string& key, pickle::Index value) {
                if (reader_.is_tensor(value))
                    tensors.push_back(key);
                else if (holds_tensors(value, 0))
                    inner.emplace_back(key, value);
            });
            auto next = inner.end();
            for (const std::string_view key : usual_keys) {
                next = std::find_if(inner.begin(), inner.end(), [&](const auto& item) { return item.first == key; });
                if (next != inner.end()) break;
            }
            if (next == inner.end()) {
                // Below a usual key, dicts are parts of one network.
                if (!tensors.empty() || inner.empty() || (!path.empty() && is_one_of(path.back(), usual_keys))) break;
                if (inner.size() > 1) {
                    std::vector<std::string> keys;
                    for (const auto& item : inner) keys.push_back(item.first);
                    fail("holds several dicts of tensors: " + joined(keys, ", ") + "; PyTorchOptions{.weights = \"" +
                         keys[0] + "\"} chooses one");
                }
                next = inner.begin();
            }
            for (const auto& item : inner)
                if (item.second != next->second) others.push_back(joined(path, "/", item.first));
            for (const std::string& key : tensors) others.push_back(joined(path, "/", key));
            path.push_back(next->first);
            dict = next->second;
        }
        if (!others.empty()) metadata["other weights"] = joined(others, ", ");
        return dict;
    }

    /// The dict that the user names, key by key, separated by "/".
    pickle::Index follow(const std::string& keys, std::vector<std::string>& path) const {
        pickle::Index dict = values_.root;
        for (std::size_t begin = 0, end = 0; end != std::string::npos; begin = end + 1) {
            end = keys.find('/', begin);
            const std::string wanted = keys.substr(begin, end - begin);
            pickle::Index found = dict;
            std::vector<std::string> there;
            for_each(dict, [&](const std::string& key, pickle::Index value) {
                if (values_[value].kind == pickle::Kind::Dict) there.push_back(key);
                if (key == wanted && values_[value].kind == pickle::Kind::Dict) found = value;
            });
            if (found == dict) fail("has no dict \"" + wanted + "\"; it has " + joined(there, ", "));
            dict = found;
            path.push_back(wanted);
        }
        return dict;
    }

    /// Whether a tensor lies in this dict or in one inside of it. Every dict is looked at once.
    bool holds_tensors(pickle::Index index, std::size_t depth) {
        if (values_[index].kind != pickle::Kind::Dict || depth > maximum_depth) return false;
        Contents& contents = contents_[index];
        if (contents == Contents::Unknown) {
            contents = Contents::Open;  // a dict inside of itself holds nothing more
            bool found = false;
            for_each(index, [&](const std::string&, pickle::Index value) {
                found = found || reader_.is_tensor(value) || holds_tensors(value, depth + 1);
            });
            contents = found ? Contents::Tensors : Contents::Nothing;
        }
        return contents == Contents::Tensors;
    }

    void flatten(pickle::Index dict, const std::string& prefix, std::size_t depth, Names& names,
                 std::vector<std::string>& passed_over) {
        for_each(dict, [&](const std::string& key, pickle::Index value) {
            if (++visits_ > maximum_visits) fail("has too many entries");
            const std::string name = prefix + key;
            if (reader_.is_tensor(value)) {
                if (!is_utf8(name)) fail("has a tensor whose name is not UTF-8");
                if (name.size() > maximum_key_bytes) fail("has a tensor whose name is longer than 1024 bytes");
                if (names.size() == maximum_tensors) fail("has too many tensors");
                names.emplace_back(name, value);
            } else if (holds_tensors(value, depth)) {
                if (depth == maximum_depth) fail("has dicts in dicts without an end");
                flatten(value, name + ".", depth + 1, names, passed_over);
            } else if (passed_over.size() < 32 && is_utf8(name)) {
                passed_over.push_back(name.substr(0, 80));
            }
        });
    }

    static void remove_prefixes(Names& names, std::map<std::string, std::string>& metadata) {
        for (bool again = true; again;) {
            again = false;
            for (const std::string_view prefix : usual_prefixes) {
                if (!std::all_of(names.begin(), names.end(), [&](const auto& item) {
                        return item.first.starts_with(prefix) && item.first.size() > prefix.size();
                    }))
                    continue;
                for (auto& item : names) item.first.erase(0, prefix.size());
                metadata["prefix"] += prefix;
                again = true;
            }
        }
    }

    /// Calls use(key, value) for every item whose key is text or a whole number.
    template <class Use>
    void for_each(pickle::Index dict, Use&& use) const {
        const std::vector<pickle::Index>& items = values_[dict].items;
        for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
            const pickle::Value& key = values_[items[i]];
            if (key.kind == pickle::Kind::Text) {
                // Only a hostile file has longer keys; copies of them would take long.
                if (key.text.size() <= maximum_key_bytes)
                    use(std::string(key.text), items[i + 1]);
                else if (reader_.is_tensor(items[i + 1]))
                    fail("has a tensor whose name is longer than 1024 bytes");
            }
            if (key.kind == pickle::Kind::Integer) use(std::to_string(key.integer), items[i + 1]);
        }
    }

    std::string description(pickle::Index index) const {
        const pickle::Value& value = values_[index];
        if (reader_.is_tensor(index)) return "one tensor";
        if (value.kind == pickle::Kind::Object) return "an object of " + values_.full_name(values_[value.items[0]]);
        if (value.kind == pickle::Kind::List || value.kind == pickle::Kind::Tuple) return "a list";
        return "another value";
    }
    static std::string joined(const std::vector<std::string>& parts, std::string_view separator,
                              const std::string& last = {}) {
        std::string text;
        for (const std::string& part : parts) text.append(text.empty() ? "" : separator).append(part);
        return last.empty() ? text : text.append(text.empty() ? "" : separator).append(last);
    }
    [[noreturn]] void fail(const std::string& what) const { detail::fail(FileError(path_, what)); }

    static constexpr std::size_t maximum_key_bytes = 1024, maximum_depth = 16, maximum_tensors = 100'000,
                                 maximum_visits = std::size_t{1} << 22;

    const pickle::Pickle& values_;
    const TensorReader& reader_;
    const std::string& path_;
    std::vector<Contents> contents_;  // by index
    std::size_t visits_ = 0;
};

}  // namespace pytorch

}  // namespace depix
