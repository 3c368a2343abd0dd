// Arguments that are more than a number or a name.
#pragma once

#include <string>
#include <utility>

#include "commands.hpp"

namespace tool {

/// "4", or "2:4:1" for reading, restoring and writing. Throws UsageError.
Threads parse_threads(const std::string& text);

/// "2/5": the second of five. Throws UsageError.
Shard parse_shard(const std::string& text);

/// "480x640" or "480": height and width. Throws UsageError.
std::pair<int, int> parse_size(const std::string& text);

}  // namespace tool
