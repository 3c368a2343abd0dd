// ZipFile: the entries of a zip archive that are stored without compression, as PyTorch writes them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "depix/error.hpp"
#include "depix/io/json.hpp"

namespace depix {

/// A zip archive in memory: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, with the 64-bit records.
///
///     local header, name, extra field, bytes of an entry | ... | central directory | [64-bit end] | end, comment
///
/// Positions and sizes come from the central directory, because local headers may leave them to data descriptors. All
/// of the following is a FileError that names the file and the entry: an entry that is encrypted, reaches beyond the
/// file, overlaps another or stands twice; a name that is not UTF-8, is absolute or contains `..`; a directory in
/// several files. Compressed entries are listed; `bytes` refuses them. Nothing is unpacked, so that an archive cannot
/// take more memory than the file itself. Checksums are not compared, because PyTorch can be told to leave them out.
class ZipFile {
  public:
    struct Entry {
        std::string name;
        std::size_t begin = 0;  ///< of its bytes in the file
        std::size_t end = 0;
        unsigned method = 0;  ///< 0: stored, 8: deflated
    };

    static bool is_zip(std::span<const std::byte> file) {
        return file.size() >= 4 && std::to_integer<int>(file[0]) == 'P' && std::to_integer<int>(file[1]) == 'K' &&
               std::to_integer<int>(file[2]) == 3 && std::to_integer<int>(file[3]) == 4;
    }

    /// `file` must outlive this object; `path` is for messages.
    ZipFile(std::span<const std::byte> file, std::string path) : file_(file), path_(std::move(path)) {
        const Directory directory = find_directory();
        std::vector<Range> taken{{directory.begin, file_.size(), "the directory"}};
        std::size_t at = directory.begin;
        for (std::uint64_t i = 0; i < directory.count; ++i) at = read_entry(at, directory.end, taken);
        if (at != directory.end) fail("the directory holds more than its entries");
        std::sort(taken.begin(), taken.end(),
                  [](const Range& a, const Range& b) { return std::pair(a.begin, a.end) < std::pair(b.begin, b.end); });
        for (std::size_t i = 1; i < taken.size(); ++i)
            if (taken[i].begin < taken[i - 1].end) fail(taken[i - 1].what + " and " + taken[i].what + " overlap");
    }

    const std::map<std::string, Entry>& entries() const { return entries_; }
    bool contains(const std::string& name) const { return entries_.contains(name); }

    /// The place of a stored entry's bytes. Throws where there is no such entry, and where it is compressed.
    const Entry& stored(const std::string& name) const {
        const auto found = entries_.find(name);
        if (found == entries_.end()) fail("no entry is called \"" + name + "\"");
        if (found->second.method != 0)
            fail(
                "entry \"" + name + "\" is compressed (method " + std::to_string(found->second.method) +
                "), and only stored entries are read; `unzip FILE -d folder && cd folder && zip -0 -r ../stored.pth .` "
                "stores them");
        return found->second;
    }
    std::span<const std::byte> bytes(const std::string& name) const {
        const Entry& entry = stored(name);
        return file_.subspan(entry.begin, entry.end - entry.begin);
    }

  private:
    struct Directory {
        std::uint64_t count = 0;
        std::size_t begin = 0, end = 0;
    };
    struct Range {
        std::size_t begin = 0, end = 0;
        std::string what;
    };

    static constexpr std::uint64_t all_ones_16 = 0xFFFF, all_ones_32 = 0xFFFFFFFF;
    static constexpr std::size_t end_size = 22, end64_size = 56, locator_size = 20;

    /// A little-endian number of `size` bytes.
    std::uint64_t number(std::size_t at, std::size_t size) const {
        if (at > file_.size() || size > file_.size() - at) fail("is cut off");
        std::uint64_t value = 0;
        for (std::size_t i = size; i-- > 0;) value = value << 8 | std::to_integer<std::uint64_t>(file_[at + i]);
        return value;
    }
    bool has_signature(std::size_t at, std::uint64_t signature) const {
        return at <= file_.size() && file_.size() - at >= 4 && number(at, 4) == signature;
    }

    Directory find_directory() const {
        if (file_.size() < end_size) fail("is cut off");
        // The end record lies before a comment of at most 65535 bytes, which is nearly always empty.
        const std::size_t last = file_.size() - end_size;
        const std::size_t first = last - (std::min<std::size_t>)(last, all_ones_16);
        std::size_t at = last;
        while (!(has_signature(at, 0x06054B50) && number(at + 20, 2) == last - at)) {
            if (at == first) fail("has no directory at its end; perhaps the download stopped early");
            --at;
        }
        std::uint64_t disks = number(at + 4, 2) | number(at + 6, 2), count = number(at + 10, 2);
        std::uint64_t size = number(at + 12, 4), begin = number(at + 16, 4), end = at;
        if (at >= locator_size && has_signature(at - locator_size, 0x07064B50)) {
            const std::uint64_t record = number(at - locator_size + 8, 8);
            if (at - locator_size < end64_size || record > at - locator_size - end64_size ||
                !has_signature(record, 0x06064B50))
                fail("its 64-bit directory is not where the file says");
            disks = number(record + 16, 4) | number(record + 20, 4);
            count = number(record + 32, 8);
            size = number(record + 40, 8);
            begin = number(record + 48, 8);
            end = record;
        } else if (count == all_ones_16 || size == all_ones_32 || begin == all_ones_32) {
            fail("its 64-bit directory is missing");
        }
        if (disks != 0) fail("is one of several parts");
        if (begin > end || size != end - begin) fail("its directory is not where the file says");
        Directory directory;
        directory.count = count;
        directory.begin = begin;  // both lie inside the file
        directory.end = end;
        return directory;
    }

    /// Reads the entry of the directory that begins at `at`, and returns where the next one begins.
    std::size_t read_entry(std::size_t at, std::size_t directory_end, std::vector<Range>& taken) {
        constexpr std::size_t fixed = 46;
        if (directory_end - at < fixed || !has_signature(at, 0x02014B50)) fail("its directory is damaged");
        const auto flags = number(at + 8, 2);
        const auto method = static_cast<unsigned>(number(at + 10, 2));
        std::uint64_t packed = number(at + 20, 4), size = number(at + 24, 4), header = number(at + 42, 4);
        const std::uint64_t name_size = number(at + 28, 2), extra_size = number(at + 30, 2);
        const std::uint64_t total = fixed + name_size + extra_size + number(at + 32, 2);
        if (total > directory_end - at) fail("its directory is damaged");
        const std::string name = text(at + fixed, name_size);
        check_name(name);
        read_extra(at + fixed + name_size, extra_size, size, packed, header);

        const auto refuse = [&](const std::string& what) { fail("entry \"" + name + "\" " + what); };
        if ((flags & 1) != 0) refuse("is encrypted");
        if (number(at + 34, 2) != 0) refuse("is in another part of the archive");
        if (method == 0 && packed != size) refuse("is stored, but has two sizes");
        constexpr std::size_t local = 30;
        if (header > file_.size() || file_.size() - header < local || !has_signature(header, 0x04034B50))
            refuse("is not where the directory says");
        const std::uint64_t begin = header + local + number(header + 26, 2) + number(header + 28, 2);
        if (begin > file_.size() || packed > file_.size() - begin) refuse("reaches beyond the end of the file");
        if (number(header + 26, 2) != name_size || text(header + local, name_size) != name)
            refuse("has another name in its own header");
        const std::size_t first = header, data = begin, end = begin + packed;  // all lie inside the file
        taken.push_back({first, end, "entry \"" + name + "\""});
        Entry entry{name, data, end, method};
        if (!entries_.emplace(name, std::move(entry)).second) refuse("stands twice in the directory");
        return at + total;
    }

    /// The 64-bit field of an entry: a value for each of those that are all ones, in this order.
    void read_extra(std::size_t at, std::size_t left, std::uint64_t& size, std::uint64_t& packed,
                    std::uint64_t& header) const {
        while (left >= 4) {
            const auto length = number(at + 2, 2);
            if (length > left - 4) break;  // an extra field may hold anything
            if (number(at, 2) == 1) {
                std::size_t field = at + 4, rest = length;
                for (std::uint64_t* value : {&size, &packed, &header}) {
                    if (*value != all_ones_32 || rest < 8) continue;
                    *value = number(field, 8);
                    field += 8;
                    rest -= 8;
                }
                return;
            }
            at += 4 + length;
            left -= 4 + length;
        }
    }

    std::string text(std::uint64_t at, std::uint64_t size) const {
        if (at > file_.size() || size > file_.size() - at) fail("is cut off");
        return std::string(reinterpret_cast<const char*>(file_.data()) + at, size);
    }

    void check_name(const std::string& name) const {
        if (!is_utf8(name) || name.find('\0') != std::string::npos) fail("an entry's name is not UTF-8");
        const std::string path = "/" + name + "/";
        if (name.empty() || name[0] == '/' || name.find_first_of("\\:") != std::string::npos ||
            path.find("/../") != std::string::npos)
            fail("entry \"" + name + "\" has a name that leads out of the archive");
    }

    [[noreturn]] void fail(const std::string& what) const { detail::fail(FileError(path_, "zip archive: " + what)); }

    std::span<const std::byte> file_;
    std::string path_;
    std::map<std::string, Entry> entries_;
};

}  // namespace depix
