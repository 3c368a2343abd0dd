// Parses arguments that are more than a number or a name.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <utility>

#include "commands.hpp"

namespace tool {

/// "4", or "2:4:1" for reading, restoring and writing. Throws UsageError.
Threads parse_threads(const std::string& text);

/// "2/5": the second of five. Throws UsageError.
Shard parse_shard(const std::string& text);

/// "1.5": a number above 0. Throws UsageError.
double parse_scale(const std::string& text);

/// "100000", "50M", "1GB", "512MiB": K, M and G are powers of 1000, and with an i powers of 1024. Throws UsageError.
std::size_t parse_count(const char* option, const std::string& text);

/// "ff8000" or "#ff8000": red, green and blue, 0..1. Throws UsageError.
std::array<float, 3> parse_colour(const char* option, const std::string& text);

/// "480x640" or "480": height and width. Throws UsageError.
std::pair<int, int> parse_size(const std::string& text);

}  // namespace tool
