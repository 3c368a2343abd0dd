// Writes zip archives and pickles operation by operation, correct and wrong, for the tests and the fuzzers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace pytorch_for_tests {

/// `size` bytes of a number, little-endian.
inline std::string little(std::uint64_t value, int size) {
    std::string text;
    for (int i = 0; i < size; ++i, value >>= 8) text += static_cast<char>(value & 0xFF);
    return text;
}

/// One entry of an archive. What the fields say can be set apart from what is there.
struct ZipEntry {
    std::string name, bytes;
    unsigned method = 0, flags = 0;
    bool wide = false;          ///< sizes and position in the 64-bit field, and a data descriptor
    std::size_t size_more = 0;  ///< the directory says that much more
    std::size_t at_less = 0;    ///< and that it begins that much earlier
};

/// A zip archive, with the 64-bit end record that PyTorch writes if `wide`.
inline std::string zip_of(const std::vector<ZipEntry>& entries, bool wide = false, const std::string& comment = "") {
    std::string file, directory;
    for (const ZipEntry& entry : entries) {
        const std::size_t header = file.size() - entry.at_less, size = entry.bytes.size() + entry.size_more;
        const std::string sizes = entry.wide ? std::string(8, '\xFF') : little(size, 4) + little(size, 4);
        const unsigned flags = entry.flags | (entry.wide ? 8u : 0u);
        const std::string padding = "FB" + little(5, 2) + "ZZZZZ";  // PyTorch aligns the bytes so
        file += "PK\x03\x04" + little(0, 2) + little(flags, 2) + little(entry.method, 2) + little(0, 8) +
                (entry.wide ? std::string(8, '\0') : sizes) + little(entry.name.size(), 2) + little(padding.size(), 2) +
                entry.name + padding + entry.bytes;
        if (entry.wide) file += "PK\x07\x08" + little(0, 4) + little(size, 8) + little(size, 8);
        const std::string extra =
            entry.wide ? little(1, 2) + little(24, 2) + little(size, 8) + little(size, 8) + little(header, 8) : "";
        directory += "PK\x01\x02" + little(0, 4) + little(flags, 2) + little(entry.method, 2) + little(0, 8) + sizes +
                     little(entry.name.size(), 2) + little(extra.size(), 2) + little(0, 10) +
                     (entry.wide ? std::string(4, '\xFF') : little(header, 4)) + entry.name + extra;
    }
    const std::size_t begin = file.size(), end = begin + directory.size(), count = entries.size();
    file += directory;
    if (wide)
        file += "PK\x06\x06" + little(44, 8) + little(0, 4) + little(0, 8) + little(count, 8) + little(count, 8) +
                little(directory.size(), 8) + little(begin, 8) + "PK\x06\x07" + little(0, 4) + little(end, 8) +
                little(1, 4);
    return file + "PK\x05\x06" + little(0, 4) + little(count, 2) + little(count, 2) + little(directory.size(), 4) +
           little(begin, 4) + little(comment.size(), 2) + comment;
}

// The operations of a pickle; each pushes one value.
inline std::string text(const std::string& value) { return "X" + little(value.size(), 4) + value; }
inline std::string integer(std::int64_t value) { return "\x8a\x08" + little(static_cast<std::uint64_t>(value), 8); }
inline std::string name(const std::string& module, const std::string& function) {
    return "c" + module + "\n" + function + "\n";
}
inline std::string tuple(const std::vector<std::string>& items) {
    std::string result = "(";
    for (const std::string& item : items) result += item;
    return result + "t";
}
inline std::string integers(const std::vector<std::int64_t>& values) {
    std::vector<std::string> items;
    for (const std::int64_t value : values) items.push_back(integer(value));
    return tuple(items);
}
inline std::string call(const std::string& callee, const std::vector<std::string>& arguments) {
    return callee + tuple(arguments) + "R";
}
inline std::string dict(const std::vector<std::pair<std::string, std::string>>& items) {
    std::string result = "}(";
    for (const auto& [key, value] : items) result += text(key) + value;
    return result + "u";
}
inline std::string pickled(const std::string& value) { return "\x80\x02" + value + "."; }

inline std::string storage(const std::string& key, std::int64_t elements, const std::string& type = "FloatStorage") {
    return tuple({text("storage"), name("torch", type), text(key), text("cpu"), integer(elements)}) + "Q";
}
/// A view of a storage.
inline std::string tensor(const std::string& of, std::int64_t offset, const std::vector<std::int64_t>& shape,
                          const std::vector<std::int64_t>& strides) {
    return call(name("torch._utils", "_rebuild_tensor_v2"),
                {of, integer(offset), integers(shape), integers(strides), "\x89", "}"});
}

/// A file of torch.save's: the object's pickle, and the storages "0", "1", ...
inline std::string pytorch_zip(const std::string& object, const std::vector<std::string>& storages,
                               const std::string& byteorder = "little") {
    std::vector<ZipEntry> entries{{"archive/data.pkl", pickled(object)}, {"archive/byteorder", byteorder}};
    for (std::size_t i = 0; i < storages.size(); ++i)
        entries.push_back({"archive/data/" + std::to_string(i), storages[i]});
    entries.push_back({"archive/version", "3\n"});
    return zip_of(entries);
}

/// The legacy format, in which the storages are of float.
inline std::string pytorch_legacy(const std::string& object, const std::vector<std::string>& storages,
                                  bool little_endian = true) {
    std::string keys = "](", bytes;
    for (std::size_t i = 0; i < storages.size(); ++i) {
        keys += text(std::to_string(i));
        bytes += little(storages[i].size() / sizeof(float), 8) + storages[i];
    }
    return pickled("\x8a\x0al\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19") + pickled(integer(1001)) +
           pickled(dict({{"protocol_version", integer(1001)}, {"little_endian", little_endian ? "\x88" : "\x89"}})) +
           pickled(object) + pickled(keys + "e") + bytes;
}

inline std::string floats(const std::vector<float>& values) {
    std::string bytes(values.size() * sizeof(float), '\0');
    if (!values.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
    return bytes;
}

inline std::vector<std::byte> bytes_of(const std::string& text) {
    const auto* const first = reinterpret_cast<const std::byte*>(text.data());
    return {first, first + text.size()};
}

}  // namespace pytorch_for_tests
