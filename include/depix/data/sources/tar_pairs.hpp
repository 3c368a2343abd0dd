// TarPairs: pairs of pictures in a few large tar files, as WebDataset stores them.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "depix/data/sources/image_folder.hpp"
#include "depix/data/sources/pair_source.hpp"
#include "depix/error.hpp"
#include "depix/io/image.hpp"
#include "depix/tensor.hpp"

namespace depix {

namespace detail {

/// A file in a tar archive.
struct TarMember {
    std::string name;
    std::uint64_t begin = 0;  ///< of its bytes in the archive
    std::uint64_t size = 0;
};

/// Lists the regular files of a tar archive (POSIX.1-1988 ustar, pax and GNU's long names) without reading them:
///
///     header of 512 bytes | bytes of the file, filled up to a multiple of 512 | header | ... | two headers of zeros
///
/// Throws FileError for a header with a wrong checksum, and for a file that reaches beyond the archive.
class TarReader {
  public:
    explicit TarReader(const std::string& path) : path_(path), file_(path, std::ios::binary | std::ios::ate) {
        if (!file_) throw FileError(path, "cannot be opened");
        end_ = static_cast<std::uint64_t>(file_.tellg());
    }
    std::vector<TarMember> list() {
        std::vector<TarMember> members;
        std::string long_name;
        for (std::uint64_t at = 0; at + block <= end_;) {
            const std::string header = bytes(at, block);
            if (header.find_first_not_of('\0') == std::string::npos) break;
            check_sum(header, at);
            TarMember member{text(header, 345, 155), at + block, number(header, 124, at)};
            if (!member.name.empty() && header.compare(257, 5, "ustar") == 0 && header[262] == '\0')
                member.name += "/" + text(header, 0, 100);
            else
                member.name = text(header, 0, 100);
            if (member.size > end_ - member.begin) fail(at, "a file that reaches beyond the archive");
            const char kind = header[156];
            if (kind == 'L') {  // GNU: the name of the next file
                long_name = text(bytes(member.begin, limited(member, at)), 0, limited(member, at));
            } else if (kind == 'x') {
                if (const std::string path = pax_path(bytes(member.begin, limited(member, at))); !path.empty())
                    long_name = path;
            } else if (kind == '0' || kind == '\0') {
                if (!long_name.empty()) member.name = std::exchange(long_name, {});
                members.push_back(member);
            } else {
                long_name.clear();  // a folder, a link, or settings of all files
            }
            at = member.begin + (member.size + block - 1) / block * block;
        }
        return members;
    }

  private:
    static constexpr std::uint64_t block = 512;

    [[noreturn]] void fail(std::uint64_t at, const std::string& what) const {
        throw FileError(path_, "no tar archive: " + what + " at byte " + std::to_string(at));
    }
    std::string bytes(std::uint64_t at, std::size_t count) {
        std::string read(count, '\0');
        file_.seekg(static_cast<std::streamoff>(at));
        if (!file_.read(read.data(), static_cast<std::streamsize>(count))) fail(at, "the file cannot be read");
        return read;
    }
    std::size_t limited(const TarMember& member, std::uint64_t at) const {
        if (member.size > 1 << 16) fail(at, "a name of " + std::to_string(member.size) + " bytes");
        return member.size;
    }
    static std::string text(const std::string& header, std::size_t first, std::size_t count) {
        const std::string field = header.substr(first, count);
        return field.substr(0, field.find('\0'));
    }
    /// Octal digits, or GNU's binary numbers for files of 8 GiB and more.
    std::uint64_t number(const std::string& header, std::size_t first, std::uint64_t at) const {
        const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(header[first + i]); };
        std::uint64_t value = 0;
        if ((byte(0) & 0x80) != 0) {
            for (std::size_t i = 4; i < 12; ++i) value = value << 8 | byte(i);
            return value;
        }
        for (std::size_t i = 0; i < 12 && byte(i) != 0 && byte(i) != ' '; ++i) {
            if (byte(i) < '0' || byte(i) > '7') fail(at, "a size that is no number");
            value = value << 3 | (byte(i) - std::uint64_t{'0'});
        }
        return value;
    }
    /// The sum of the header's bytes, where those of the sum itself count as blanks.
    void check_sum(const std::string& header, std::uint64_t at) const {
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < header.size(); ++i)
            sum += i >= 148 && i < 156 ? std::uint64_t{' '} : static_cast<unsigned char>(header[i]);
        std::uint64_t stated = 0;
        for (std::size_t i = 148; i < 156; ++i)
            if (header[i] >= '0' && header[i] <= '7')
                stated = stated << 3 | static_cast<std::uint64_t>(header[i] - '0');
        if (sum != stated) fail(at, "a header with a wrong checksum");
    }
    /// The path of pax records "LENGTH KEY=VALUE\n", or nothing.
    static std::string pax_path(std::string_view records) {
        constexpr std::string_view key = " path=";
        const std::size_t at = records.find(key);
        if (at == std::string_view::npos) return {};
        const std::string_view value = records.substr(at + key.size());
        return std::string(value.substr(0, value.find('\n')));
    }

    std::string path_;
    std::ifstream file_;
    std::uint64_t end_ = 0;
};

}  // namespace detail

struct TarPairsOptions {
    std::string input = "pixeled";  ///< KEY.pixeled.png is the input,
    std::string target = "clean";   ///< and KEY.clean.png the target of a pair.
    int channels = 0;               ///< 0: as in the files; 1, 3 or 4: converted.
    ImageLimits limits{};
};

/// The pairs of tar files whose members are called KEY.INPUT.png and KEY.TARGET.png (or .jpg, .bmp): WebDataset's
/// convention, in which a key ends at the first dot of a file's name. A cluster's file system then holds a few large
/// files instead of millions of small ones.
///
///     const Loader loader{TarPairs({"train-0000.tar", "train-0001.tar"}), {.batch_size = 32, .threads = 4}};
///
/// The order is that of the shards, and in a shard that of the keys' first files. Opening reads all headers. Each shard
/// stays open. A loader's threads read from one shard in turn, and decode at the same time. All pairs have the shapes
/// of the first. Copies share the files.
class TarPairs {
  public:
    /// Throws FileError, which names the shard, for one that is no tar archive, and for a key without one of its two
    /// pictures or with two of one kind; Error if there is no pair.
    explicit TarPairs(const std::vector<std::filesystem::path>& shards, TarPairsOptions options = {})
        : options_(std::move(options)) {
        for (const std::filesystem::path& shard : shards) add(shard.string());
        if (pairs_.empty()) throw Error("TarPairs: no pair in " + std::to_string(shards.size()) + " shards");
        input_shape_ = read(pairs_[0], pairs_[0].input).shape;
        target_shape_ = read(pairs_[0], pairs_[0].target).shape;
    }

    std::size_t size() const { return pairs_.size(); }
    Shape input_shape() const { return input_shape_; }
    Shape target_shape() const { return target_shape_; }

    /// Pairs [first, first + count). Throws Error if there are fewer.
    TarPairs subset(std::size_t first, std::size_t count) const {
        detail::check_subset("TarPairs", "pairs", first, count, size());
        TarPairs part = *this;
        const auto begin = pairs_.begin() + static_cast<std::ptrdiff_t>(first);
        part.pairs_.assign(begin, begin + static_cast<std::ptrdiff_t>(count));
        return part;
    }

    /// Throws FileError, which names the shard and the file, if one cannot be read or has another shape than the first.
    void pair(std::uint64_t /*epoch*/, std::size_t index, View<float> input, View<float> target) const {
        const Pair& pair = pairs_.at(index);
        fill(pair, pair.input, input_shape_, input);
        fill(pair, pair.target, target_shape_, target);
    }

  private:
    struct Shard {
        std::string path;
        std::mutex mutex;
        std::ifstream file;
    };
    struct Pair {
        std::size_t shard;
        detail::TarMember input, target;
    };

    void add(const std::string& path) {
        const std::vector<detail::TarMember> members = detail::TarReader(path).list();
        auto shard = std::make_shared<Shard>();
        shard->path = path;
        shard->file.open(path, std::ios::binary);
        shards_.push_back(std::move(shard));
        std::map<std::string, std::size_t> places;  // of the keys
        for (const detail::TarMember& member : members) {
            const std::size_t name = member.name.rfind('/') + 1;  // 0 if there is none
            const std::size_t dot = (std::min)(member.name.find('.', name), member.name.size());
            const std::size_t last = (std::max)(member.name.rfind('.'), dot);
            const std::string kind = dot < last ? member.name.substr(dot + 1, last - dot - 1) : std::string();
            if (kind != options_.input && kind != options_.target) continue;  // WebDataset may add labels or text
            const auto [place, is_new] = places.emplace(member.name.substr(0, dot), pairs_.size());
            if (is_new) pairs_.push_back({shards_.size() - 1, {}, {}});
            detail::TarMember& own =
                kind == options_.input ? pairs_[place->second].input : pairs_[place->second].target;
            if (!own.name.empty()) throw FileError(path, member.name + " and " + own.name + " are of one pair");
            own = member;
        }
        for (const auto& [key, place] : places)
            for (const auto& [member, kind] :
                 {std::pair{&pairs_[place].input, &options_.input}, std::pair{&pairs_[place].target, &options_.target}})
                if (member->name.empty()) throw FileError(path, key + " has no picture " + key + "." + *kind + ".png");
    }

    Image read(const Pair& pair, const detail::TarMember& member) const {
        Shard& shard = *shards_[pair.shard];
        const std::string name = shard.path + ": " + member.name;
        if (member.size > options_.limits.maximum_bytes) throw FileError(name, "is too large");
        std::vector<std::byte> bytes(static_cast<std::size_t>(member.size));
        {
            const std::lock_guard lock(shard.mutex);
            shard.file.clear();
            shard.file.seekg(static_cast<std::streamoff>(member.begin));
            if (!shard.file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size())))
                throw FileError(name, "cannot be read");
        }
        return decode_image(bytes, options_.channels, options_.limits, name);
    }
    void fill(const Pair& pair, const detail::TarMember& member, Shape shape, View<float> view) const {
        const Image image = read(pair, member);
        if (image.shape != shape)
            throw FileError(shards_[pair.shard]->path + ": " + member.name,
                            "is " + to_string(image.shape) + ", but the first pair's is " + to_string(shape) +
                                "; the pictures of a batch have one shape");
        detail::fill_view(view, image.pixels.data(), [](float value) { return value; });
    }

    TarPairsOptions options_;
    std::vector<std::shared_ptr<Shard>> shards_;
    std::vector<Pair> pairs_;
    Shape input_shape_, target_shape_;
};
static_assert(PairSource<TarPairs>);

}  // namespace depix
