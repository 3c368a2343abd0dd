#include "tiff_exif.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "depix/io/image_exif.hpp"
#include "depix/io/image_metadata.hpp"

namespace {

using depix::detail::TiffBytes;
namespace exif_tag = depix::detail::exif_tag;

// What describes a picture in its first directory, and not how it is stored: the document's name, a description, maker,
// model, page, software, date, artist, host, rating, copyright, EXIF, GPS, and Windows' title, comment, author,
// keywords and subject.
bool describes_picture(std::uint32_t tag) {
    constexpr std::uint32_t tags[] = {0x010D, 0x010E, 0x010F, 0x0110, 0x011D, 0x0131, 0x0132, 0x013B, 0x013C, 0x4746,
                                      0x4749, 0x8298, 0x8769, 0x8825, 0x9C9B, 0x9C9C, 0x9C9D, 0x9C9E, 0x9C9F};
    return std::find(std::begin(tags), std::end(tags), tag) != std::end(tags);
}

struct Entry {
    std::uint32_t tag = 0;
    std::array<std::byte, 12> bytes{};
};

// Copies directories of one TIFF structure to the end of another, which may have another order of bytes.
class Copier {
  public:
    // Only read, although TiffBytes could write.
    Copier(std::span<const std::byte> from, std::vector<std::byte>& to)
        : source_(from), from_({const_cast<std::byte*>(from.data()), from.size()}), to_(to), start_(to.size()) {}

    std::size_t damaged() const { return damaged_; }
    std::size_t first_directory() const { return from_.read32(4); }

    /// The entries of a directory, whose longer values are copied. `accepts` says which.
    template <class Accepts>
    std::vector<Entry> copy_entries(std::size_t directory, const Accepts& accepts) {
        std::vector<Entry> entries;
        const std::size_t count = from_.entries(directory);
        if (directory < 8 || directory + 2 + 12 * count > source_.size()) {
            ++damaged_;
            return entries;
        }
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t at = directory + 2 + 12 * i;
            if (!accepts(from_.read16(at))) continue;
            if (const std::optional<Entry> entry = copy_entry(at))
                entries.push_back(*entry);
            else
                ++damaged_;
        }
        return entries;
    }

    /// Appends a directory, after which none follows, and returns where it is.
    std::size_t append_directory(std::vector<Entry> entries) {
        std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.tag < b.tag; });
        const std::size_t at = align();
        to_.resize(at + 2 + 12 * entries.size() + 4);
        TiffBytes(to_).write16(at, static_cast<std::uint32_t>(entries.size()));
        for (std::size_t i = 0; i < entries.size(); ++i)
            std::copy(entries[i].bytes.begin(), entries[i].bytes.end(),
                      to_.begin() + static_cast<std::ptrdiff_t>(at + 2 + 12 * i));
        return at;
    }

  private:
    std::size_t align() {
        to_.resize((to_.size() + 1) / 2 * 2);
        return to_.size();
    }
    // The EXIF and GPS directories are in the first one, that of interoperability is in EXIF's.
    static bool is_directory(std::uint32_t tag) {
        return tag == exif_tag::exif_directory || tag == exif_tag::gps_directory ||
               tag == exif_tag::interoperability_directory;
    }

    std::optional<Entry> copy_entry(std::size_t at) {
        Entry entry{.tag = from_.read16(at)};
        const std::uint32_t type = from_.read16(at + 2), count = from_.read32(at + 4);
        const std::uint64_t bytes = depix::detail::tiff_value_bytes(type) * count;
        const std::size_t values = bytes > 4 ? from_.read32(at + 8) : at + 8;
        if (depix::detail::tiff_value_bytes(type) == 0 || values > source_.size() || bytes > source_.size() - values ||
            to_.size() - start_ + bytes > depix::detail::maximum_metadata_bytes)
            return {};
        std::size_t place = 0;
        if (is_directory(entry.tag)) {
            const bool is_pointer = type == depix::detail::tiff_long || type == depix::detail::tiff_directory;
            if (!is_pointer || count != 1 || depth_ == 2) return {};
            ++depth_;
            std::vector<Entry> inner = copy_entries(from_.read32(at + 8), [](std::uint32_t) { return true; });
            --depth_;
            if (inner.empty()) return {};
            place = append_directory(std::move(inner));
        } else if (bytes > 4) {
            place = align();
            to_.resize(place + static_cast<std::size_t>(bytes));
            copy_values(values, type, std::span(to_).subspan(place));
        } else {
            copy_values(values, type, std::span(entry.bytes).subspan(8, static_cast<std::size_t>(bytes)));
        }
        std::array<std::byte, 14> numbers{};  // the byte order, and the entry
        std::copy_n(to_.begin(), 2, numbers.begin());
        std::copy(entry.bytes.begin(), entry.bytes.end(), numbers.begin() + 2);
        TiffBytes target(numbers);
        target.write16(2, entry.tag);
        target.write16(4, type);
        target.write32(6, count);
        if (place > 0) target.write32(10, static_cast<std::uint32_t>(place));
        std::copy_n(numbers.begin() + 2, 12, entry.bytes.begin());
        return entry;
    }

    void copy_values(std::size_t at, std::uint32_t type, std::span<std::byte> to) const {
        std::copy_n(source_.begin() + static_cast<std::ptrdiff_t>(at), to.size(), to.begin());
        if (to_[0] == source_[0]) return;  // the same order of bytes
        const bool is_pair = type == depix::detail::tiff_rational || type == 10;
        const std::size_t unit = is_pair ? 4 : static_cast<std::size_t>(depix::detail::tiff_value_bytes(type));
        for (std::size_t i = 0; i + unit <= to.size(); i += unit) std::ranges::reverse(to.subspan(i, unit));
    }

    std::span<const std::byte> source_;
    TiffBytes from_;
    std::vector<std::byte>& to_;
    std::size_t start_, damaged_ = 0;
    int depth_ = 0;
};

}  // namespace

tool::tiff::FoundExif tool::tiff::exif_of(FileBytes file, std::size_t directory) {
    FoundExif found;
    if (file.size() < 8) return found;
    found.exif.assign(file.begin(), file.begin() + 8);
    Copier copier(file, found.exif);
    std::vector<Entry> entries = copier.copy_entries(directory, describes_picture);
    found.damaged = copier.damaged();
    // The name of a program alone is not worth it.
    const auto says_nothing = [](const Entry& entry) { return entry.tag == 0x0131; };
    if (std::all_of(entries.begin(), entries.end(), says_nothing)) {
        found.exif.clear();
        return found;
    }
    const std::size_t last = copier.append_directory(std::move(entries));
    TiffBytes(found.exif).write32(4, static_cast<std::uint32_t>(last));
    return found;
}

void tool::tiff::add_exif(std::vector<std::byte>& file, const std::vector<std::byte>& exif) {
    const auto read32 = [&](std::size_t at) { return TiffBytes(file).read32(at); };
    std::size_t link = 4, directory = read32(4);  // of the last picture, and where it is written
    for (;;) {
        const std::size_t next = directory + 2 + 12 * TiffBytes(file).entries(directory);
        if (read32(next) == 0) break;
        link = next;
        directory = read32(next);
    }
    std::vector<Entry> entries;
    for (std::size_t i = 0; i < TiffBytes(file).entries(directory); ++i) {
        const std::size_t at = directory + 2 + 12 * i;
        Entry& entry = entries.emplace_back(Entry{.tag = TiffBytes(file).read16(at)});
        std::copy_n(file.begin() + static_cast<std::ptrdiff_t>(at), 12, entry.bytes.begin());
    }
    const auto is_there = [&](std::uint32_t tag) {
        return std::any_of(entries.begin(), entries.end(), [tag](const Entry& entry) { return entry.tag == tag; });
    };
    Copier copier(exif, file);
    const std::vector<Entry> more = copier.copy_entries(
        copier.first_directory(), [&](std::uint32_t tag) { return describes_picture(tag) && !is_there(tag); });
    entries.insert(entries.end(), more.begin(), more.end());
    const std::size_t last = copier.append_directory(std::move(entries));
    TiffBytes(file).write32(link, static_cast<std::uint32_t>(last));
}
