// What the examples and the tool need of the operating system, on POSIX and on Windows.
#pragma once

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#if defined(_WIN32)
#ifndef NOMINMAX  // the standard library of MinGW-w64 defines it
#define NOMINMAX
#endif
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <fcntl.h>
#include <io.h>
#include <psapi.h>
#else
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace example {

/// Identifies a file whatever its name is, also through links.
class FileIdentity {
  public:
    explicit FileIdentity(const std::filesystem::path& path) {
#if defined(_WIN32)
        // Without access rights, and also for folders.
        const HANDLE file = ::CreateFileW(path.c_str(), 0, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                                          nullptr, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, nullptr);
        if (file == INVALID_HANDLE_VALUE) return;
        BY_HANDLE_FILE_INFORMATION information{};
        exists_ = ::GetFileInformationByHandle(file, &information) != 0;
        ::CloseHandle(file);
        device_ = information.dwVolumeSerialNumber;
        number_ = static_cast<unsigned long long>(information.nFileIndexHigh) << 32 | information.nFileIndexLow;
#else
        struct stat status {};
        exists_ = ::stat(path.c_str(), &status) == 0;
        device_ = static_cast<unsigned long long>(status.st_dev);
        number_ = static_cast<unsigned long long>(status.st_ino);
#endif
    }
    bool exists() const { return exists_; }
    friend auto operator<=>(const FileIdentity&, const FileIdentity&) = default;

  private:
    bool exists_ = false;
    unsigned long long device_ = 0, number_ = 0;
};

/// Whether files can be made in a folder. If not, errno says why.
inline bool is_writable_folder(const std::filesystem::path& folder) {
#if defined(_WIN32)
    constexpr int may_write = 2;
    return ::_waccess(folder.c_str(), may_write) == 0;
#else
    return ::access(folder.c_str(), W_OK | X_OK) == 0;
#endif
}

/// Whether a stream, such as stderr, is shown to a person.
inline bool is_terminal(std::FILE* stream) {
#if defined(_WIN32)
    return ::_isatty(::_fileno(stream)) != 0;
#else
    return ::isatty(::fileno(stream)) == 1;
#endif
}

/// Windows would change the ends of lines in standard input or output. A stream that holds a picture must not.
inline void make_binary([[maybe_unused]] std::FILE* stream) {
#if defined(_WIN32)
    ::_setmode(::_fileno(stream), _O_BINARY);
#endif
}

/// The most memory that this process has had, in bytes; 0 if it is not known.
inline std::size_t peak_memory() {
#if defined(_WIN32)
    PROCESS_MEMORY_COUNTERS counters{};
    return ::K32GetProcessMemoryInfo(::GetCurrentProcess(), &counters, sizeof counters) != 0
               ? counters.PeakWorkingSetSize
               : 0;
#else
    rusage usage{};
    return ::getrusage(RUSAGE_SELF, &usage) == 0 ? static_cast<std::size_t>(usage.ru_maxrss) * 1024 : 0;
#endif
}

/// The processor time of this process's own code, in seconds, of all its threads; 0 if it is not known.
inline double processor_seconds() {
#if defined(_WIN32)
    return 0;
#else
    rusage usage{};
    if (::getrusage(RUSAGE_SELF, &usage) != 0) return 0;
    return static_cast<double>(usage.ru_utime.tv_sec) + static_cast<double>(usage.ru_utime.tv_usec) / 1e6;
#endif
}

/// Prints a message to standard error and ends the program at once. A signal handler may call this.
[[noreturn]] inline void end_with_message(std::string_view message, int status) {
#if defined(_WIN32)
    if (::_write(2, message.data(), static_cast<unsigned>(message.size())) < 0) std::_Exit(status);
#else
    if (::write(STDERR_FILENO, message.data(), message.size()) < 0) ::_exit(status);
#endif
    std::_Exit(status);
}

}  // namespace example
