// The message of an error, for tests that compare it.
#pragma once

#include <string>

#include "depix/error.hpp"

/// The message of the Error that a call throws.
template <class Call>
std::string message(Call call) {
    try {
        call();
    } catch (const depix::Error& error) {
        return error.what();
    }
    return "nothing was thrown";
}

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }
