// Files: they are read whole, up to a limit, and written whole or not at all.
#pragma once

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "depix/error.hpp"
#include "depix/io/system_calls.hpp"

namespace depix {

/// Writes a file whole or not at all: at any moment a reader of `path` finds either the old contents or the new ones.
///
/// The bytes go to a temporary file in the same folder, which `commit` flushes to the disk (fsync) and renames to
/// `path`. Without a commit (for example after an exception) the old file is as it was. On Linux the temporary file has
/// no name (O_TMPFILE), so it disappears with a process that is killed; the commit gives it the name `path`. If there
/// is an old file, or where the file system has no such files, it is called `.depix-PROCESS-NUMBER.tmp` until it is
/// renamed, and only a process that is killed in this time can leave it. A symbolic link to a file in the same folder
/// is followed; a link that leads elsewhere is replaced. The permissions of an existing file are kept. A file that is
/// not regular (`/dev/stdout`, a pipe) cannot be replaced and is written directly. On Windows the temporary file has a
/// name, and a link is replaced.
///
/// Every function throws FileError, which names `path` and gives the system's message.
class AtomicFile {
  public:
    explicit AtomicFile(std::string path) : path_(std::move(path)), target_(path_) {
        if (!open_special()) open_temporary();
    }
    AtomicFile(const AtomicFile&) = delete;
    AtomicFile& operator=(const AtomicFile&) = delete;
    ~AtomicFile() { discard(); }

    void write(std::span<const std::byte> bytes) {
        if (file_ == nullptr) detail::fail(FileError(path_, "written to after it was complete"));
        if (bytes.empty()) return;
        errno = 0;
        if (std::fwrite(bytes.data(), 1, bytes.size(), file_) != bytes.size()) fail("cannot write");
    }
    void write(std::string_view text) { write(std::as_bytes(std::span(text))); }

    /// Makes the file visible under its name. Nothing can be written afterwards.
    void commit() {
        if (file_ == nullptr) detail::fail(FileError(path_, "completed twice"));
        errno = 0;
        if (std::fflush(file_) != 0) fail("cannot write");
        // This must come before the rename. Otherwise a power failure could leave an empty file under the new name.
        if (!special_ && !detail::flush_to_disk(file_)) fail("cannot write");
        if (!special_ && temporary_.empty()) give_name();
        // fclose reports write errors that come late (NFS, quotas); the file is closed even then.
        if (std::fclose(std::exchange(file_, nullptr)) != 0) fail("cannot write");
        if (!temporary_.empty()) rename_temporary();
        if (!special_) flush_folder();
    }

  private:
    /// Opens `path` if it exists and is not a regular file; otherwise returns false.
    bool open_special() {
#if DEPIX_HAS_POSIX
        struct stat status {};
        if (::stat(path_.c_str(), &status) != 0) return false;
        if (S_ISDIR(status.st_mode)) detail::fail(FileError(path_, "cannot write: it is a folder"));
        if (S_ISREG(status.st_mode)) {
            permissions_ = static_cast<int>(status.st_mode & 07777);
            follow_link();
            return false;
        }
        file_ = std::fopen(path_.c_str(), "wb");
        if (file_ == nullptr) fail("cannot open for writing");
        special_ = true;
        return true;
#else
        std::error_code unknown;
        if (std::filesystem::is_directory(path_, unknown))
            detail::fail(FileError(path_, "cannot write: it is a folder"));
        return false;
#endif
    }

#if DEPIX_HAS_POSIX
    /// A link to a file in the same folder ("latest" to "epoch_7") is followed. A link that leads out of the folder is
    /// replaced, because it may lead to the user's original.
    void follow_link() {
        const auto real = [](const std::string& path) {
            std::string found;
            if (char* text = ::realpath(path.c_str(), nullptr)) {
                found = text;
                ::free(text);
            }
            return found;
        };
        const std::size_t slash = path_.find_last_of('/');
        const std::string file = real(path_);
        const std::string folder = real(slash == std::string::npos ? "." : path_.substr(0, slash + 1));
        if (!file.empty() && !folder.empty() && file.substr(0, file.find_last_of('/')) == (folder == "/" ? "" : folder))
            target_ = file;
    }
#endif

    void open_temporary() {
        if (!open_nameless()) open_named();
#if DEPIX_HAS_POSIX
        if (permissions_ >= 0 && ::fchmod(::fileno(file_), static_cast<mode_t>(permissions_)) != 0) {
            // The old file has another owner. The new one belongs to the user who writes it, with the usual
            // permissions.
        }
#endif
    }

    /// Opens a file without a name in the folder of the target. Returns false where there are no such files, or no
    /// /proc, through which give_name() names it.
    bool open_nameless() {
#if DEPIX_HAS_POSIX && defined(O_TMPFILE)
        if (::access("/proc/self/fd", X_OK) != 0) return false;
        const int descriptor = ::open(folder().c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
        if (descriptor < 0) return false;
        file_ = ::fdopen(descriptor, "wb");
        if (file_ == nullptr) ::close(descriptor);
        return file_ != nullptr;
#else
        return false;
#endif
    }

    void open_named() {
        do {
            temporary_ = new_name();
            errno = 0;
            file_ = detail::open_new_file(temporary_.c_str());
        } while (file_ == nullptr && errno == EEXIST);
        if (file_ == nullptr) {
            temporary_.clear();
            fail("cannot open for writing");
        }
    }

    /// Names the nameless file. A link cannot take the place of an existing file: then it gets another name, and is
    /// renamed.
    void give_name() {
#if DEPIX_HAS_POSIX && defined(O_TMPFILE)
        const std::string nameless = "/proc/self/fd/" + std::to_string(::fileno(file_));
        const auto link = [&](const std::string& name) {
            return ::linkat(AT_FDCWD, nameless.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) == 0;
        };
        if (link(target_)) return;
        while (errno == EEXIST) {
            temporary_ = new_name();
            if (link(temporary_)) return;
        }
        temporary_.clear();
        fail("cannot write");
#endif
    }

    /// The target's folder, "." if it is the current one.
    std::string folder() const {
        const std::size_t length = folder_length();
        return length == 0 ? "." : target_.substr(0, length);
    }
    std::size_t folder_length() const {
        return target_.find_last_of(DEPIX_HAS_POSIX ? "/" : "/\\") + 1;  // npos + 1 == 0: the current folder
    }

    std::string new_name() const {
        static std::atomic<unsigned> counter{0};
        const std::string process = std::to_string(detail::process_number());
        return target_.substr(0, folder_length()) + ".depix-" + process + "-" + std::to_string(counter.fetch_add(1)) +
               ".tmp";
    }

    void rename_temporary() {
        if (!detail::replace_file(temporary_.c_str(), target_.c_str())) fail("cannot write");
        temporary_.clear();
    }

    /// The folder's entry must reach the disk, too. Some file systems refuse this; the file itself is whole in either
    /// case.
    void flush_folder() const {
#if DEPIX_HAS_POSIX
        const int descriptor = ::open(folder().c_str(), O_RDONLY | O_CLOEXEC);
        if (descriptor >= 0) {
            ::fsync(descriptor);
            ::close(descriptor);
        }
#endif
    }

    void discard() noexcept {
        if (file_ != nullptr) std::fclose(std::exchange(file_, nullptr));
        if (!temporary_.empty()) std::remove(temporary_.c_str());
        temporary_.clear();
    }

    [[noreturn]] void fail(const std::string& action) {
        const int error = errno;
        discard();
        detail::fail(FileError(path_, detail::system_error_text(action, error)));
    }

    std::string path_;       // as the caller names it
    std::string target_;     // the same with links followed
    std::string temporary_;  // the temporary file's name; empty while it has none
    std::FILE* file_ = nullptr;
    bool special_ = false;  // written directly
    int permissions_ = -1;
};

/// Writes `bytes` to `path`, whole or not at all. Throws FileError; see AtomicFile.
inline void write_file(const std::string& path, std::span<const std::byte> bytes) {
    AtomicFile file(path);
    file.write(bytes);
    file.commit();
}
inline void write_file(const std::string& path, std::string_view text) {
    write_file(path, std::as_bytes(std::span(text)));
}

/// The whole contents of a file. Throws FileError when it is missing, a folder, unreadable, larger than
/// `maximum_bytes`, or ends before the length that it had when it was opened.
inline std::vector<std::byte> read_file(const std::string& path, std::size_t maximum_bytes = std::size_t{1} << 32) {
#if !DEPIX_HAS_POSIX
    std::error_code unknown;
    if (std::filesystem::is_directory(path, unknown)) detail::fail(FileError(path, "cannot read: it is a folder"));
#endif
    errno = 0;
    std::FILE* const file = std::fopen(path.c_str(), "rb");
    if (file == nullptr) detail::fail(FileError(path, detail::system_error_text("cannot open", errno)));
    struct Closer {
        std::FILE* file;
        ~Closer() { std::fclose(file); }
    } const closer{file};

    std::size_t expected = 0;  // stays 0 for a pipe, whose length is unknown
#if DEPIX_HAS_POSIX
    struct stat status {};
    if (::fstat(::fileno(file), &status) == 0) {
        if (S_ISDIR(status.st_mode)) detail::fail(FileError(path, "cannot read: it is a folder"));
        if (S_ISREG(status.st_mode)) expected = static_cast<std::size_t>(status.st_size);
    }
#else
    if (std::filesystem::is_regular_file(path, unknown))
        expected = static_cast<std::size_t>(std::filesystem::file_size(path, unknown));
    if (unknown) expected = 0;
#endif
    const auto check_limit = [&](std::size_t size) {
        if (size > maximum_bytes)
            detail::fail(FileError(path, "larger than the limit of " + std::to_string(maximum_bytes) + " bytes"));
    };
    check_limit(expected);

    std::vector<std::byte> bytes;
    std::size_t size = 0;
    std::size_t room = expected > 0 ? expected + 1 : 64 * 1024;  // one byte more, to notice the end
    do {
        bytes.resize(size + room);
        size += std::fread(bytes.data() + size, 1, room, file);
        if (std::ferror(file) != 0) detail::fail(FileError(path, detail::system_error_text("cannot read", errno)));
        check_limit(size);
        room = size;
    } while (size == bytes.size());
    if (size < expected)
        detail::fail(
            FileError(path, "ended after " + std::to_string(size) + " of " + std::to_string(expected) + " bytes"));
    bytes.resize(size);
    return bytes;
}

}  // namespace depix
