// Character error rate: how much of a text is read wrongly.
#pragma once

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

namespace depix {

/// The smallest number of characters to insert, delete or replace that turns `a` into `b` (Levenshtein, 1966). A
/// character is one byte, as in ASCII. Wagner and Fischer's algorithm, O(|a| |b|) time, O(|b|) memory.
inline std::size_t edit_distance(std::string_view a, std::string_view b) {
    // distance[j] is the distance from the first i characters of a to the first j of b.
    std::vector<std::size_t> distance(b.size() + 1);
    std::iota(distance.begin(), distance.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = distance[0];  // (i - 1, j - 1)
        distance[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = distance[j];
            distance[j] = (std::min)({replaced, distance[j] + 1, distance[j - 1] + 1});
        }
    }
    return distance.back();
}

/// Whether white space counts. A program that reads a line drops leading spaces and guesses the width of gaps. Text
/// that was drawn with a space between all characters is therefore compared without spaces.
enum class Spaces { Count, Ignore };

/// The text without spaces, tabs, line ends and form feeds (tesseract ends a page with one).
inline std::string without_spaces(std::string_view text) {
    std::string result(text);
    std::erase_if(result, [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); });
    return result;
}

/// The errors and characters of a text, which can be summed over many texts. Long texts then weigh more than short
/// ones, as is usual.
///
///     CharacterErrors errors;
///     for (...) errors += character_errors(truth, read);
///     errors.rate();  // 0.07: seven characters of a hundred
struct CharacterErrors {
    std::size_t errors = 0;      ///< edit distance
    std::size_t characters = 0;  ///< of the truth

    /// errors / characters. 0 is perfect; the rate can exceed 1 if more is read than is there. If there is nothing to
    /// read, it is 0 if nothing was read, else 1.
    double rate() const {
        if (characters == 0) return errors == 0 ? 0.0 : 1.0;
        return static_cast<double>(errors) / static_cast<double>(characters);
    }
    CharacterErrors& operator+=(const CharacterErrors& other) {
        errors += other.errors;
        characters += other.characters;
        return *this;
    }
};

inline CharacterErrors character_errors(std::string_view truth, std::string_view read, Spaces spaces = Spaces::Ignore) {
    if (spaces == Spaces::Count) return {edit_distance(read, truth), truth.size()};
    const std::string expected = without_spaces(truth);
    return {edit_distance(without_spaces(read), expected), expected.size()};
}

/// character_errors(...).rate(): the edit distance from what was read to the truth, divided by the truth's length.
inline double character_error_rate(std::string_view truth, std::string_view read, Spaces spaces = Spaces::Ignore) {
    return character_errors(truth, read, spaces).rate();
}

}  // namespace depix
