#include "arguments.hpp"

#include <charconv>
#include <string_view>
#include <vector>

namespace {

/// Positive numbers with `separator` between them; none if the text is anything else.
std::vector<int> split_numbers(std::string_view text, char separator) {
    std::vector<int> numbers;
    for (;;) {
        const std::size_t end = text.find(separator);
        const std::string_view part = text.substr(0, end);
        int number = 0;
        const auto [rest, error] = std::from_chars(part.data(), part.data() + part.size(), number);
        if (error != std::errc() || rest != part.data() + part.size() || number < 1) return {};
        numbers.push_back(number);
        if (end == std::string_view::npos) return numbers;
        text.remove_prefix(end + 1);
    }
}

[[noreturn]] void refuse(const char* option, const std::string& text, const char* wanted) {
    throw tool::UsageError(std::string(option).append(" ").append(text).append(": ").append(wanted));
}

}  // namespace

tool::Threads tool::parse_threads(const std::string& text) {
    constexpr int most = 1024;
    const std::vector<int> numbers = split_numbers(text, ':');
    for (const int number : numbers)
        if (number > most) refuse("-j", text, "at most 1024 threads each");
    // Writing a PNG file takes as long as restoring a small picture. Reading one takes a fifth of that.
    if (numbers.size() == 1) return {1, numbers[0], numbers[0]};
    if (numbers.size() == 3) return {numbers[0], numbers[1], numbers[2]};
    refuse("-j", text, "a number of threads, or three: reading:restoring:writing, such as 1:4:2");
}

tool::Shard tool::parse_shard(const std::string& text) {
    const std::vector<int> numbers = split_numbers(text, '/');
    if (numbers.size() == 2 && numbers[0] <= numbers[1]) return {numbers[0], numbers[1]};
    refuse("--shard", text, "which of how many, such as 1/4 up to 4/4");
}

double tool::parse_scale(const std::string& text) {
    double scale = 0;
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), scale);
    if (error != std::errc() || rest != text.data() + text.size() || !(scale > 0 && scale <= 1024))
        refuse("-s", text, "a number above 0, written with a point, such as 1.5");
    return scale;
}

std::size_t tool::parse_count(const char* option, const std::string& text) {
    constexpr const char* wanted = "a whole number above 0, such as 100000, 50M, 1GB or 512MiB";
    std::size_t count = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, count);
    if (error != std::errc() || count == 0) refuse(option, text, wanted);
    std::string unit(rest, end);
    if (unit.ends_with('B') || unit.ends_with('b')) unit.pop_back();
    const bool binary = unit.size() == 2 && unit[1] == 'i';
    const std::string prefixes = "KMG";
    const auto power = unit.empty() ? std::size_t{0} : prefixes.find(static_cast<char>(unit[0] & ~0x20)) + 1;
    if ((!unit.empty() && power == 0) || unit.size() > (binary ? 2u : 1u)) refuse(option, text, wanted);
    for (std::size_t i = 0; i < power; ++i) {
        const std::size_t factor = binary ? 1024 : 1000;
        if (count > static_cast<std::size_t>(-1) / factor) refuse(option, text, wanted);
        count *= factor;
    }
    return count;
}

std::array<float, 3> tool::parse_colour(const char* option, const std::string& text) {
    const char* const first = text.data() + (text.starts_with('#') ? 1 : 0);
    const char* const end = text.data() + text.size();
    unsigned value = 0;
    const auto [rest, error] = std::from_chars(first, end, value, 16);
    if (end - first != 6 || error != std::errc() || rest != end)
        refuse(option, text, "six hexadecimal digits, of red, green and blue, such as ff00ff");
    const auto channel = [value](int shift) { return static_cast<float>(value >> shift & 255) / 255; };
    return {channel(16), channel(8), channel(0)};
}

std::pair<int, int> tool::parse_size(const std::string& text) {
    const std::vector<int> numbers = split_numbers(text, 'x');
    constexpr int most = 1 << 15;
    for (const int number : numbers)
        if (number > most) refuse("--size", text, "at most 32768 pixels each way");
    if (numbers.size() == 1) return {numbers[0], numbers[0]};
    if (numbers.size() == 2) return {numbers[0], numbers[1]};
    refuse("--size", text, "height and width, such as 480x640");
}
