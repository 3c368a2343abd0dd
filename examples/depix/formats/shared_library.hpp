// Libraries that are loaded when they are first needed. So the tool starts where they are missing, and starts as fast
// and needs as little memory as without them.
#pragma once

#include <string>

#include <dlfcn.h>

#include "depix/error.hpp"

namespace tool {

class SharedLibrary {
  public:
    /// `file` as the dynamic linker knows it: "libtiff.so.6".
    explicit SharedLibrary(const char* file) : handle_(::dlopen(file, RTLD_NOW | RTLD_LOCAL)) {
        if (handle_ == nullptr) note_error(file);
    }
    SharedLibrary(const SharedLibrary&) = delete;
    SharedLibrary& operator=(const SharedLibrary&) = delete;
    // It stays loaded until the program ends.

    /// Makes `function` point to the function of this name.
    template <class Function>
    void find(const char* name, Function*& function) {
        if (handle_ == nullptr) return;
        function = reinterpret_cast<Function*>(::dlsym(handle_, name));
        if (function == nullptr) note_error(name);
    }

    bool is_loaded() const { return error_.empty(); }
    /// Why it is not loaded.
    const std::string& error() const { return error_; }
    /// Throws depix::FileError, which names the file to be read or written, unless the library and all functions are
    /// there.
    void require(const std::string& name) const {
        if (!is_loaded()) throw depix::FileError(name, "the library for such files cannot be loaded: " + error_);
    }

  private:
    void note_error(const char* what) {
        const char* const text = ::dlerror();
        if (error_.empty()) error_ = text != nullptr ? text : what;
    }

    void* handle_;
    std::string error_;
};

}  // namespace tool

// DEPIX_TOOL_LIBRARY(library, "libtiff.so.6", DEPIX_TIFF_FUNCTIONS) defines, in a namespace of the reader's own, a
// pointer for each of the functions, under its name, and
//
//     const SharedLibrary& library();
//
// which loads the library and sets the pointers when it is first called. The functions are a list that is a macro:
// #define DEPIX_TIFF_FUNCTIONS(F) F(TIFFClose) F(TIFFGetField)
// clang-format off
#define DEPIX_TOOL_DECLARE_FUNCTION(name) inline decltype(&::name) name = nullptr;
#define DEPIX_TOOL_FIND_FUNCTION(name) library_file.find(#name, name);
#define DEPIX_TOOL_LIBRARY(library, file, FUNCTIONS)                    \
    FUNCTIONS(DEPIX_TOOL_DECLARE_FUNCTION)                              \
    inline const ::tool::SharedLibrary& library() {                     \
        static const ::tool::SharedLibrary* const loaded = [] {         \
            static ::tool::SharedLibrary library_file(file);            \
            FUNCTIONS(DEPIX_TOOL_FIND_FUNCTION)                         \
            return &library_file;                                       \
        }();                                                            \
        return *loaded;                                                 \
    }
// clang-format on
