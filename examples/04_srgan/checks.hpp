// What the trainings' flags must satisfy. The messages name the flag.
#pragma once

#include <cstdio>
#include <initializer_list>
#include <string>
#include <tuple>
#include <utility>

#include "depix/error.hpp"

namespace example {

/// --high, --hr-height and --hr-width as a height and a width: each of the latter two is that of `side` if it is 0.
/// Throws depix::Error unless both are multiples of `multiple` above 0; `why` says what needs that.
inline std::pair<int, int> check_size(int side, int height, int width, int multiple, const std::string& why) {
    const std::pair<int, int> size{height != 0 ? height : side, width != 0 ? width : side};
    for (const auto& [flag, own, length] :
         {std::tuple{"--hr-height", height, size.first}, std::tuple{"--hr-width", width, size.second}})
        if (length < 1 || length % multiple != 0)
            throw depix::Error((own != 0 ? flag : "--high") + (" " + std::to_string(length)) +
                               ": the large pictures' sides are above 0 and divide by " + std::to_string(multiple) +
                               ", because " + why);
    return size;
}

/// Adam's averages forget nothing at 1, and 0 is no average.
inline void check_betas(double beta1, double beta2) {
    for (const auto& [flag, beta] : {std::pair{"--beta1", beta1}, std::pair{"--beta2", beta2}}) {
        if (beta >= 0 && beta < 1) continue;
        char number[32];
        std::snprintf(number, sizeof number, "%g", beta);
        throw depix::Error(std::string(flag) + " " + number + ": Adam's betas are at least 0 and below 1");
    }
}

/// Numbers that count something.
inline void check_counts(std::initializer_list<std::pair<const char*, int>> counts, int least) {
    for (const auto& [flag, count] : counts)
        if (count < least)
            throw depix::Error(std::string(flag) + " " + std::to_string(count) + ": it is at least " +
                               std::to_string(least));
}

}  // namespace example
