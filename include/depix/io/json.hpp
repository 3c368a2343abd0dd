// JsonReader: a strict reader of JSON, for headers whose members are known.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "depix/error.hpp"

namespace depix {

/// Whether `text` is UTF-8 as RFC 3629 defines it: no overlong forms, no surrogates, nothing above U+10FFFF.
constexpr bool is_utf8(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto lead = static_cast<unsigned char>(text[i++]);
        if (lead < 0x80) continue;
        const int following = lead >= 0xC2 && lead < 0xE0   ? 1
                              : lead >= 0xE0 && lead < 0xF0 ? 2
                              : lead >= 0xF0 && lead < 0xF5 ? 3
                                                            : 0;
        if (following == 0) return false;
        // The second byte's range rules out overlong forms, surrogates and what lies beyond Unicode.
        unsigned low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
        unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
        for (int k = 0; k < following; ++k, low = 0x80, high = 0xBF) {
            if (i == text.size()) return false;
            const auto byte = static_cast<unsigned char>(text[i++]);
            if (byte < low || byte > high) return false;
        }
    }
    return true;
}

/// Reads a JSON text from front to back; the caller says what must come next.
///
///     reader.object([&](const std::string& key) {
///         if (key == "shape") reader.array([&] { use(reader.integer()); });
///     });
///     reader.end();
///
/// The caller says what must come next, and therefore the nesting is never deeper than the caller's calls, and a
/// hostile text cannot exhaust the stack. Any other text throws FileError, which names the file and the position. Only
/// io/json_value.hpp reads what it does not expect.
class JsonReader {
  public:
    /// `text` must outlive the reader; `path` is for the error messages.
    JsonReader(std::string_view text, std::string path) : text_(text), path_(std::move(path)) {
        if (!is_utf8(text_)) detail::fail(FileError(path_, "the JSON header is not UTF-8"));
    }

    /// {"key": value, ...}: calls member(key), which must read the value. A key that comes twice is an error.
    template <class Member>
    void object(Member&& member) {
        std::set<std::string> keys;
        sequence('{', '}', [&] {
            std::string key = string();
            if (!keys.insert(key).second) fail("key \"" + key + "\" comes twice");
            expect(':');
            member(key);
        });
    }

    /// [value, ...]: calls element(), which must read one value.
    template <class Element>
    void array(Element&& element) {
        sequence('[', ']', element);
    }

    /// A string, with its escapes converted to UTF-8.
    std::string string() {
        expect('"');
        std::string result;
        for (;;) {
            const char character = next();
            if (character == '"') return result;
            if (static_cast<unsigned char>(character) < 0x20) fail("a control character inside a string");
            if (character == '\\') {
                escape(result);
            } else {
                result += character;
            }
        }
    }

    /// A whole number from 0 to 2^64 - 1, without sign, fraction or exponent.
    std::uint64_t integer() {
        skip_whitespace();
        const std::size_t first = position_;
        std::uint64_t value = 0;
        for (; position_ < text_.size() && text_[position_] >= '0' && text_[position_] <= '9'; ++position_) {
            const auto digit = static_cast<std::uint64_t>(text_[position_] - '0');
            if (value > (~std::uint64_t{0} - digit) / 10) fail("a number above 2^64 - 1");
            value = value * 10 + digit;
        }
        if (position_ == first) fail("expected a number that is whole and not negative");
        if (position_ - first > 1 && text_[first] == '0') fail("a number that begins with 0");
        return value;
    }

    /// Any number of JSON's, such as -1.5e3, that a double can hold.
    double number() {
        skip_whitespace();
        double value = 0;
        const char* const first = text_.data() + position_;
        const auto [last, error] = std::from_chars(first, text_.data() + text_.size(), value);
        const bool begins = peek() == '-' || (peek() >= '0' && peek() <= '9');
        if (error != std::errc{} || !begins) fail("expected a number");
        position_ += static_cast<std::size_t>(last - first);
        return value;
    }

    /// The first character of what comes next; 0 at the end.
    char peek() {
        skip_whitespace();
        return position_ < text_.size() ? text_[position_] : '\0';
    }

    /// Whether this word comes next, such as `null`; it is then read.
    bool accept_word(std::string_view word) {
        skip_whitespace();
        if (!text_.substr(position_).starts_with(word)) return false;
        position_ += word.size();
        return true;
    }

    /// Only whitespace may follow.
    void end() {
        skip_whitespace();
        if (position_ != text_.size()) fail("text after the end");
    }

    [[noreturn]] void fail(const std::string& what) const {
        detail::fail(FileError(path_, context + "JSON header, byte " + std::to_string(position_) + ": " + what));
    }

    std::string context;  ///< stands before every message: `tensor "encoder.0.weight": `

  private:
    template <class Item>
    void sequence(char open, char close, Item&& item) {
        expect(open);
        if (accept(close)) return;
        do {
            item();
        } while (accept(','));
        expect(close);
    }

    void skip_whitespace() {
        while (position_ < text_.size() && std::string_view(" \t\r\n").find(text_[position_]) != std::string_view::npos)
            ++position_;
    }
    bool accept(char wanted) {
        skip_whitespace();
        if (position_ == text_.size() || text_[position_] != wanted) return false;
        ++position_;
        return true;
    }
    void expect(char wanted) {
        if (!accept(wanted)) fail(std::string("expected '") + wanted + "'");
    }
    char next() {
        if (position_ == text_.size()) fail("ends inside a string");
        return text_[position_++];
    }

    void escape(std::string& result) {
        const char kind = next();
        constexpr std::string_view kinds = "\"\\/bfnrt";
        constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
        if (const std::size_t index = kinds.find(kind); index != std::string_view::npos) {
            result += meanings[index];
        } else if (kind == 'u') {
            append_utf8(result, code_point());
        } else {
            fail("an unknown escape");
        }
    }
    std::uint32_t code_point() {
        const std::uint32_t first = four_digits();
        if (first >= 0xDC00 && first < 0xE000) fail("half of a surrogate pair");
        if (first < 0xD800 || first >= 0xDC00) return first;
        if (next() != '\\' || next() != 'u') fail("half of a surrogate pair");
        const std::uint32_t second = four_digits();
        if (second < 0xDC00 || second >= 0xE000) fail("half of a surrogate pair");
        return 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
    }
    std::uint32_t four_digits() {
        std::uint32_t value = 0;
        for (int i = 0; i < 4; ++i) {
            const char digit = next();
            const std::size_t index = std::string_view("0123456789abcdef").find(static_cast<char>(digit | 0x20));
            if (index == std::string_view::npos || (digit < '0')) fail("an escape that is not four hexadecimal digits");
            value = value * 16 + static_cast<std::uint32_t>(index);
        }
        return value;
    }
    static void append_utf8(std::string& result, std::uint32_t code) {
        const auto append = [&](std::uint32_t byte) { result += static_cast<char>(static_cast<unsigned char>(byte)); };
        if (code < 0x80) {
            append(code);
        } else if (code < 0x800) {
            append(0xC0 | code >> 6);
            append(0x80 | (code & 0x3F));
        } else if (code < 0x10000) {
            append(0xE0 | code >> 12);
            append(0x80 | (code >> 6 & 0x3F));
            append(0x80 | (code & 0x3F));
        } else {
            append(0xF0 | code >> 18);
            append(0x80 | (code >> 12 & 0x3F));
            append(0x80 | (code >> 6 & 0x3F));
            append(0x80 | (code & 0x3F));
        }
    }

    std::string_view text_;
    std::string path_;
    std::size_t position_ = 0;
};

/// `text` as a JSON string, quotes included.
inline std::string json_string(std::string_view text) {
    std::string result = "\"";
    for (const char character : text) {
        if (character == '"' || character == '\\') {
            result += '\\';
            result += character;
        } else if (const auto code = static_cast<unsigned char>(character); code < 0x20) {
            result += "\\u00";
            result += "0123456789abcdef"[code >> 4];
            result += "0123456789abcdef"[code & 15];
        } else {
            result += character;
        }
    }
    return result + '"';
}

}  // namespace depix
