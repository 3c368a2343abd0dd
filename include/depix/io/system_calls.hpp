// What files need of the operating system, on POSIX and on Windows. Elsewhere the standard library does what it can.
#pragma once

#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>

#if __has_include(<unistd.h>) && !defined(_WIN32)
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#define DEPIX_HAS_POSIX 1
#else
#include <filesystem>  // only here, because it takes a third of a second to compile
#define DEPIX_HAS_POSIX 0
#endif
#if defined(_WIN32)
#include <chrono>
#include <thread>

#include <fcntl.h>
#include <io.h>
#include <process.h>
#include <sys/stat.h>
// Declared here, because <windows.h> defines words such as min as macros.
extern "C" __declspec(dllimport) int __stdcall MoveFileExW(const wchar_t* from, const wchar_t* to, unsigned long flags);
#endif

namespace depix::detail {

/// The system's message for an error, as in "cannot open: No such file or directory"; std::strerror is not thread-safe.
inline std::string system_error_text(const std::string& action, int error) {
    return action + ": " + std::error_code(error, std::generic_category()).message();
}

// Each of these sets errno if it fails.

/// Waits until what was written is on the disk.
inline bool flush_to_disk([[maybe_unused]] std::FILE* file) {
#if DEPIX_HAS_POSIX
    return ::fsync(::fileno(file)) == 0;
#elif defined(_WIN32)
    return ::_commit(::_fileno(file)) == 0;
#else
    return true;
#endif
}

/// Makes a file for writing. Null, and errno is EEXIST, if it exists already.
inline std::FILE* open_new_file(const char* name) {
#if defined(_WIN32)
    // Windows' older C library does not know fopen's x.
    const int descriptor =
        ::_open(name, _O_CREAT | _O_EXCL | _O_WRONLY | _O_BINARY | _O_NOINHERIT, _S_IREAD | _S_IWRITE);
    if (descriptor < 0) return nullptr;
    std::FILE* const file = ::_fdopen(descriptor, "wb");
    if (file == nullptr) ::_close(descriptor);
    return file;
#else
    return std::fopen(name, "wbx");
#endif
}

/// Renames a file; one that has the new name is replaced.
inline bool replace_file(const char* from, const char* to) {
#if defined(_WIN32)
    // std::rename does not replace, and std::filesystem::rename may copy, which is not done at once. Windows refuses
    // while another thread or program, such as a virus scanner, has the file open; that is over soon.
    const std::filesystem::path source(from), target(to);
    constexpr unsigned long replace_existing = 1;
    for (int tries = 0; tries < 100; ++tries) {
        if (::MoveFileExW(source.c_str(), target.c_str(), replace_existing) != 0) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    errno = EACCES;
    return false;
#elif DEPIX_HAS_POSIX
    return std::rename(from, to) == 0;
#else
    std::error_code error;
    std::filesystem::rename(from, to, error);
    errno = error.default_error_condition().value();
    return !error;
#endif
}

/// The number of this process; 0 where that is not known.
inline long process_number() {
#if DEPIX_HAS_POSIX
    return static_cast<long>(::getpid());
#elif defined(_WIN32)
    return ::_getpid();
#else
    return 0;
#endif
}

}  // namespace depix::detail
