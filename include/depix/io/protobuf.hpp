// ProtobufReader and ProtobufWriter: the wire format of Protocol Buffers, of which ONNX's files are made.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "depix/error.hpp"
#include "depix/io/byte_writer.hpp"

namespace depix::detail {

/// One field of a message: its number, and its value in the form that its wire type has.
struct ProtobufField {
    enum class Kind { Varint, Fixed64, Bytes, Fixed32 };

    std::uint32_t number = 0;
    Kind kind = Kind::Varint;
    std::uint64_t value = 0;             ///< unless kind is Bytes
    std::span<const std::byte> bytes{};  ///< a string, a message, or packed numbers

    std::string_view text() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
    float real() const { return std::bit_cast<float>(static_cast<std::uint32_t>(value)); }  ///< of a Fixed32
    std::int64_t integer() const { return static_cast<std::int64_t>(value); }
};

/// Reads a message from front to back (https://protobuf.dev/programming-guides/encoding):
///
///     a field is a varint, number * 8 + type, and then its value: type 0: a varint of 7 bits a byte, the lowest first;
///     1: 8 bytes; 2: a varint, and as many bytes; 5: 4 bytes
///
///     for (ProtobufReader reader(bytes, path); reader.next();)
///         if (reader.field.number == 8) name = reader.text();
///
/// A message inside another is read by another reader, so the nesting is never deeper than the caller's calls. What
/// does not fit into its bytes, groups (types 3 and 4), varints of more than 64 bits and fields of number 0 are
/// FileErrors.
class ProtobufReader {
  public:
    ProtobufField field;

    /// `bytes` and `path`, which is for messages, must outlive the reader.
    ProtobufReader(std::span<const std::byte> bytes, const std::string& path) : bytes_(bytes), path_(path) {}

    /// Reads the next field into `field`; false at the end.
    bool next() {
        if (position_ == bytes_.size()) return false;
        const std::uint64_t tag = varint();
        field = {};
        if (tag >> 3 == 0 || tag >> 3 > 0x1FFFFFFF) fail("a field of number " + std::to_string(tag >> 3));
        field.number = static_cast<std::uint32_t>(tag >> 3);
        switch (tag & 7) {
            case 0:
                field.value = varint();
                break;
            case 1:
                field.kind = ProtobufField::Kind::Fixed64;
                std::memcpy(&field.value, take(8).data(), 8);
                break;
            case 2:
                field.kind = ProtobufField::Kind::Bytes;
                field.bytes = take(varint());
                break;
            case 5:
                field.kind = ProtobufField::Kind::Fixed32;
                std::memcpy(&field.value, take(4).data(), 4);
                break;
            default:
                fail("a field of a type that is not read");
        }
        return true;
    }

    /// The field's value as what its message's definition says it is; another kind is a FileError.
    std::span<const std::byte> message() const { return expect(ProtobufField::Kind::Bytes).bytes; }
    std::string text() const { return std::string(expect(ProtobufField::Kind::Bytes).text()); }
    std::int64_t integer() const { return expect(ProtobufField::Kind::Varint).integer(); }
    float real() const { return expect(ProtobufField::Kind::Fixed32).real(); }

    /// Calls append(number) for a repeated integer, which is packed or comes one by one.
    template <class Append>
    void integers(Append&& append) const {
        if (field.kind != ProtobufField::Kind::Bytes) return append(integer());
        for (ProtobufReader packed(field.bytes, path_); packed.position_ < packed.bytes_.size();)
            append(static_cast<std::int64_t>(packed.varint()));
    }
    /// The same for repeated floats and doubles. Number is what is stored.
    template <class Number, class Append>
    void reals(Append&& append) const {
        if (field.kind != ProtobufField::Kind::Bytes) {
            Number number;
            expect(sizeof(Number) == 4 ? ProtobufField::Kind::Fixed32 : ProtobufField::Kind::Fixed64);
            std::memcpy(&number, &field.value, sizeof number);
            return append(number);
        }
        if (field.bytes.size() % sizeof(Number) != 0) fail("packed numbers of which the last is cut off");
        for (std::size_t i = 0; i < field.bytes.size(); i += sizeof(Number)) {
            Number number;
            std::memcpy(&number, field.bytes.data() + i, sizeof number);
            append(number);
        }
    }

    [[noreturn]] void fail(const std::string& what) const {
        detail::fail(FileError(path_, "protobuf, byte " + std::to_string(position_) + " of a message: " + what));
    }

  private:
    const ProtobufField& expect(ProtobufField::Kind kind) const {
        if (field.kind != kind) fail("field " + std::to_string(field.number) + " has another type than it should");
        return field;
    }
    std::uint64_t varint() {
        std::uint64_t value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            if (position_ == bytes_.size()) fail("a number is cut off");
            const auto byte = std::to_integer<std::uint64_t>(bytes_[position_++]);
            if (shift == 63 && byte > 1) break;
            value |= (byte & 0x7F) << shift;
            if (byte < 0x80) return value;
        }
        fail("a number of more than 64 bits");
    }
    std::span<const std::byte> take(std::uint64_t size) {
        if (size > bytes_.size() - position_)
            fail("a field of " + std::to_string(size) + " bytes, of which " +
                 std::to_string(bytes_.size() - position_) + " are there");
        const std::size_t first = position_;
        position_ += size;
        return bytes_.subspan(first, position_ - first);
    }

    std::span<const std::byte> bytes_;
    const std::string& path_;
    std::size_t position_ = 0;
};

/// Writes a message, field by field. A message inside another is a writer of its own, which is then added as one field.
class ProtobufWriter {
  public:
    void integer(std::uint32_t number, std::int64_t value) {
        varint(number << 3);
        varint(static_cast<std::uint64_t>(value));
    }
    void real(std::uint32_t number, float value) {
        varint(number << 3 | 5);
        detail::append_bytes(bytes_, std::as_bytes(std::span(&value, 1)));
    }
    void bytes(std::uint32_t number, std::span<const std::byte> value) {
        varint(number << 3 | 2);
        varint(value.size());
        detail::append_bytes(bytes_, value);
    }
    void text(std::uint32_t number, std::string_view value) { bytes(number, std::as_bytes(std::span(value))); }
    void message(std::uint32_t number, const ProtobufWriter& value) { bytes(number, value.bytes_); }

    const std::vector<std::byte>& result() const { return bytes_; }

  private:
    void varint(std::uint64_t value) {
        for (; value >= 0x80; value >>= 7) bytes_.push_back(static_cast<std::byte>((value & 0x7F) | 0x80));
        bytes_.push_back(static_cast<std::byte>(value));
    }

    std::vector<std::byte> bytes_;
};

}  // namespace depix::detail
