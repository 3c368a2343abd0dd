#include "tiff_memory.hpp"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <exception>

namespace {

using tool::tiff::Memory;

tmsize_t read_memory(thandle_t handle, void* destination, tmsize_t bytes) {
    auto& memory = *static_cast<Memory*>(handle);
    const std::size_t left = memory.at < memory.size() ? memory.size() - memory.at : 0;
    const std::size_t count = std::min(left, static_cast<std::size_t>(bytes));
    if (count > 0) std::memcpy(destination, memory.data() + memory.at, count);
    memory.at += count;
    return static_cast<tmsize_t>(count);
}

// libtiff is C, so no exception may leave this.
tmsize_t write_memory(thandle_t handle, void* source, tmsize_t bytes) {
    auto& memory = *static_cast<Memory*>(handle);
    const auto count = static_cast<std::size_t>(bytes);
    if (memory.file == nullptr) return -1;
    try {
        if (memory.at + count > memory.file->size()) memory.file->resize(memory.at + count);
    } catch (const std::exception&) {
        return -1;
    }
    if (count > 0) std::memcpy(memory.file->data() + memory.at, source, count);
    memory.at += count;
    return bytes;
}

toff_t seek_memory(thandle_t handle, toff_t offset, int from) {
    auto& memory = *static_cast<Memory*>(handle);
    const auto step = static_cast<std::size_t>(offset);
    memory.at = from == SEEK_SET ? step : from == SEEK_CUR ? memory.at + step : memory.size() + step;
    return memory.at;
}

int note_error(TIFF*, void* context, const char* module, const char* format, std::va_list arguments) {
    auto& memory = *static_cast<Memory*>(context);
    if (!memory.error.empty()) return 1;
    char text[256];
    std::vsnprintf(text, sizeof text, format, arguments);
    try {
        memory.error = std::string(module != nullptr ? module : "libtiff").append(": ").append(text);
    } catch (const std::exception&) {
    }
    return 1;
}

}  // namespace

tool::tiff::File tool::tiff::open_memory(Memory& memory, const char* mode, std::size_t largest_block) {
    const std::unique_ptr<TIFFOpenOptions, Close> options(TIFFOpenOptionsAlloc());
    if (options == nullptr) return nullptr;
    TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), static_cast<tmsize_t>(largest_block));
    TIFFOpenOptionsSetErrorHandlerExtR(options.get(), note_error, &memory);
    const auto silent = [](TIFF*, void*, const char*, const char*, std::va_list) { return 1; };
    TIFFOpenOptionsSetWarningHandlerExtR(options.get(), silent, nullptr);
    return File(TIFFClientOpenExt(
        "", mode, &memory, read_memory, write_memory, seek_memory, [](thandle_t) { return 0; },
        [](thandle_t handle) -> toff_t { return static_cast<Memory*>(handle)->size(); }, nullptr, nullptr,
        options.get()));
}
