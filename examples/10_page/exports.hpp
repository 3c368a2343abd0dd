// What the page's two engines have in common: how bytes and messages go in and out. What the page calls are plain
// functions on numbers, which are WebAssembly's exports.
//
// The page writes bytes into page_memory(n), and calls. A function that fails returns -1, and page_text() says why.
// Pictures go in and out as RGBA, one byte a value, as a canvas has them.
#pragma once

#include <cstdint>
#include <exception>
#include <new>
#include <string>
#include <vector>

#define PAGE_EXPORT extern "C" __attribute__((used, visibility("default")))

namespace page {

struct Exchange {
    std::vector<std::uint8_t> memory;  // what the page writes
    std::vector<std::uint8_t> bytes;   // what it reads: RGBA
    std::string text;                  // what it reads: a message, JSON or SVG
};
inline Exchange& exchange() {
    static Exchange one;
    return one;
}

/// Calls the function; what it throws becomes -1 and a text.
template <class Function>
int guarded(Function&& function) {
    try {
        return function();
    } catch (const std::bad_alloc&) {
        exchange().bytes = {};
        exchange().text = "this needs more memory than the browser gives";
    } catch (const std::exception& error) {
        exchange().text = error.what();
    }
    return -1;
}

}  // namespace page

/// Room for so many bytes.
PAGE_EXPORT inline std::uint8_t* page_memory(std::uint32_t count) {
    page::guarded([&] {
        if (count == 0)
            page::exchange().memory = {};
        else
            page::exchange().memory.resize(count);
        return 0;
    });
    return page::exchange().memory.size() < count ? nullptr : page::exchange().memory.data();
}
PAGE_EXPORT inline const std::uint8_t* page_bytes() { return page::exchange().bytes.data(); }
PAGE_EXPORT inline const char* page_text() { return page::exchange().text.c_str(); }
