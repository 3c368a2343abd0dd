#include "compiler.hpp"

#include "depix/error.hpp"

#if defined(__unix__)

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <optional>
#include <sstream>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../system_calls.hpp"
#include "depix/io/atomic_file.hpp"
#include "depix/version.hpp"
#include "headers.hpp"

namespace fs = std::filesystem;

namespace {

using Words = std::vector<std::string>;

// FNV-1a. What it leads to is compared with the source, so that another source of the same number does no harm.
class Hash {
  public:
    Hash& add(std::string_view text) {
        for (const char c : text) value_ = (value_ ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
        value_ = (value_ ^ 0xFF) * 0x100000001B3u;  // no byte of UTF-8: it ends the text
        return *this;
    }
    std::string name() const {
        char text[17];
        std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value_));
        return text;
    }

  private:
    std::uint64_t value_ = 0xCBF29CE484222325u;
};

std::string text_of(const fs::path& path) {
    const std::vector<std::byte> bytes = depix::read_file(path.string(), std::size_t{1} << 26);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// ---- the compiler
// ----------------------------------------------------------------------------------------------------

std::string variable(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? std::string() : value;
}

bool is_program(const std::string& name) {
    if (name.find('/') != std::string::npos) return ::access(name.c_str(), X_OK) == 0;
    std::istringstream folders(variable("PATH"));
    for (std::string folder; std::getline(folders, folder, ':');)
        if (!folder.empty() && ::access((folder + "/" + name).c_str(), X_OK) == 0) return true;
    return false;
}

// The command that compiles; empty if there is none. CXX may hold options, too.
Words compiler_command() {
    if (const std::string chosen = variable("CXX"); !chosen.empty()) {
        std::istringstream words(chosen);
        Words command;
        for (std::string word; words >> word;) command.push_back(word);
        return !command.empty() && is_program(command[0]) ? command : Words();
    }
    for (const char* name : {"g++", "clang++", "c++"})
        if (is_program(name)) return {name};
    return {};
}

// Runs a program without a shell; what it prints goes to a file. `wait` is called every tenth of a second. Returns the
// exit status, 128 + its number for a signal.
template <class Wait>
int run(const Words& command, const fs::path& output, Wait wait) {
    std::vector<char*> arguments;
    for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t files;
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ::posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
    ::pid_t process = 0;
    const int error = ::posix_spawnp(&process, arguments[0], &files, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&files);
    if (error != 0) throw depix::Error(command[0] + " cannot be started: " + std::strerror(error));
    int status = 0;
    for (;;) {
        const ::pid_t ended = ::waitpid(process, &status, WNOHANG);
        if (ended == process) break;
        if (ended < 0 && errno != EINTR) throw depix::Error(command[0] + ": " + std::strerror(errno));
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        wait();
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

Words operator+(Words words, std::initializer_list<std::string> more) {
    words.insert(words.end(), more);
    return words;
}

// The first lines that say "error"; all of the text's first lines if none does.
std::string complaint(const std::string& text) {
    constexpr int most = 4;
    std::string errors, beginning;
    int error_lines = 0, lines = 0;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) {
        if (++lines <= most) beginning += "\n  " + line;
        if (line.find("error") != std::string::npos && ++error_lines <= most) errors += "\n  " + line;
    }
    return errors.empty() ? beginning : errors;
}

// ---- the cache
// -------------------------------------------------------------------------------------------------------

// $XDG_CACHE_HOME/depix, made if it is not there. What lies in it is executed, so it must be the user's alone.
fs::path cache_folder() {
    std::string base = variable("XDG_CACHE_HOME");
    if (base.empty() || base[0] != '/') {
        const std::string home = variable("HOME");
        if (home.empty())
            throw depix::Error("there is no folder for compiled networks: set XDG_CACHE_HOME to one, or HOME");
        base = home + "/.cache";
    }
    const fs::path folder = fs::path(base) / "depix";
    std::error_code error;
    fs::create_directories(fs::path(base), error);
    if (!error && ::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
        error = std::error_code(errno, std::generic_category());
    if (error)
        throw depix::FileError(folder.string(),
                               "the folder for compiled networks cannot be made (XDG_CACHE_HOME): " + error.message());
    struct stat status {};
    if (::stat(folder.c_str(), &status) != 0 || status.st_uid != ::geteuid() || (status.st_mode & 022) != 0)
        throw depix::FileError(folder.string(),
                               "the folder for compiled networks must be yours, and no one else may write to it");
    return folder;
}

// A lock that ends with the process. Where the file system has none it is not held, and results are still whole.
class Lock {
  public:
    template <class Wait>
    Lock(const fs::path& path, Wait wait) : file_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
        if (file_ < 0)
            throw depix::FileError(path.string(), std::string("cannot be opened: ").append(std::strerror(errno)));
        for (;;) {
            if (::flock(file_, LOCK_EX | LOCK_NB) == 0) {
                held_ = true;
                return;
            }
            if (errno != EWOULDBLOCK && errno != EINTR) return;
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
            wait();
        }
    }
    ~Lock() { ::close(file_); }
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;
    bool is_held() const { return held_; }

  private:
    int file_;
    bool held_ = false;
};

// One line that says what is done and for how long already. On a terminal it is replaced; elsewhere it is printed once.
class Clock {
  public:
    ~Clock() {
        if (terminal_ && shown_ >= 0) std::fprintf(stderr, "\r%79s\r", "");
    }
    void show(const std::string& text) {
        const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start_;
        const int seconds = static_cast<int>(time.count());
        if (text != text_ || (terminal_ && seconds != shown_)) {
            if (terminal_)
                std::fprintf(stderr, "\rdepix: %s: %d s", text.c_str(), seconds);
            else
                std::fprintf(stderr, "depix: %s\n", text.c_str());
        }
        text_ = text;
        shown_ = seconds;
    }

  private:
    bool terminal_ = example::is_terminal(stderr);
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    std::string text_;
    int shown_ = -1;
};

// A folder that is complete when it has its name: it is filled under another one.
template <class Fill>
void make_folder(const fs::path& folder, Fill fill) {
    const fs::path part = folder.string() + "." + std::to_string(::getpid());
    fs::remove_all(part);
    try {
        fs::create_directory(part);
        fill(part);
    } catch (...) {
        std::error_code ignored;
        fs::remove_all(part, ignored);
        throw;
    }
    std::error_code error;
    fs::rename(part, folder, error);
    std::error_code ignored;
    if (error) fs::remove_all(part, ignored);
    if (error && !fs::exists(folder)) throw depix::FileError(folder.string(), "cannot be made: " + error.message());
}

// What killed processes left: folders of networks that were never finished. Whoever makes one holds the lock.
void remove_unfinished(const fs::path& cache) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(cache, ignored)) {
        const std::string name = entry.path().filename().string();
        if (name.find('.') == 16 && name.find_first_not_of("0123456789abcdef") == 16)
            fs::remove_all(entry.path(), ignored);
    }
}

// The folder with depix's headers.
fs::path header_folder(const fs::path& cache, const std::string& hash) {
    const fs::path folder = cache / ("headers-" + hash);
    if (fs::exists(folder)) return folder;
    make_folder(folder, [](const fs::path& part) {
        for (const tool::CompiledInFile& header : tool::compiled_in_headers()) {
            const fs::path path = part / header.path;
            fs::create_directories(path.parent_path());
            depix::write_file(path.string(), header.text);
        }
    });
    return folder;
}

// A compiler, its options, and all macros that it defines.
struct Compiler {
    Words command;
    std::string macros;
};

Compiler find_compiler(const fs::path& cache, const fs::path& headers) {
    const Words command = compiler_command();
    if (command.empty()) {
        const std::string chosen = variable("CXX");
        throw depix::Error(
            (chosen.empty() ? std::string("no C++ compiler was found (g++, clang++, c++)")
                            : "CXX=" + chosen + ": there is no such program") +
            ". Install g++ 12 or newer, such as by `apt install g++`, or let CXX name a compiler; or run a program of "
            "depix's into which this network is compiled");
    }
    Words base = Words{command[0]} + std::initializer_list<std::string>{"-std=c++20", "-O3", "-march=native"};
    const fs::path output = cache / ("probe." + std::to_string(::getpid()));
    std::string said;
#ifdef _OPENMP
    const std::initializer_list<const char*> threads = {"-fopenmp", ""};
#else
    const std::initializer_list<const char*> threads = {""};
#endif
    for (const char* const option : threads) {
        Words all = *option != '\0' ? base + std::initializer_list<std::string>{option} : base;
        all.insert(all.end(), command.begin() + 1, command.end());  // the user's options have the last word
        const int status =
            run(all + std::initializer_list<std::string>{"-E", "-dM", (headers / "probe.cpp").string()}, output, [] {});
        const std::string text = text_of(output);
        std::error_code ignored;
        fs::remove(output, ignored);
        if (status == 0) return {all, text};
        if (said.empty() || said.find("omp") != std::string::npos) said = complaint(text);
    }
    throw depix::Error("the compiler " + command[0] +
                       " cannot be used; install g++ 12 or newer with its standard library (`apt install g++`), or let "
                       "CXX name another compiler. It says:" +
                       said);
}

}  // namespace

fs::path tool::compile_module(const std::string& source, const std::string& what) {
    const fs::path cache = cache_folder();
    Hash header_hash;
    for (const CompiledInFile& header : compiled_in_headers()) header_hash.add(header.path).add(header.text);
    const fs::path headers = header_folder(cache, header_hash.name());
    const Compiler compiler = find_compiler(cache, headers);

    Hash hash;
    hash.add(std::to_string(DEPIX_VERSION)).add(header_hash.name()).add(compiler.macros).add(source);
    for (const std::string& word : compiler.command) hash.add(word);
    const fs::path folder = cache / hash.name(), result = folder / "network.so";
    const auto is_there = [&] {
        if (!fs::exists(result)) return false;
        if (text_of(folder / "network.cpp") == source) return true;
        throw depix::FileError(folder.string(), "holds another network; delete this folder");
    };
    if (is_there()) return result;

    Clock clock;
    const Lock lock(cache / "lock", [&] { clock.show("waiting for another depix, which compiles a network"); });
    if (is_there()) return result;
    if (lock.is_held()) remove_unfinished(cache);
    make_folder(folder, [&](const fs::path& part) {
        depix::write_file((part / "network.cpp").string(), std::string_view(source));
        const std::string doing = "compiling " + what + " for this processor, once";
        clock.show(doing);
        const Words command = compiler.command + std::initializer_list<std::string>{"-shared",
                                                                                    "-fPIC",
                                                                                    "-fvisibility=hidden",
                                                                                    "-I" + headers.string(),
                                                                                    (part / "network.cpp").string(),
                                                                                    "-o",
                                                                                    (part / "network.so").string()};
        const int status = run(command, part / "messages.txt", [&] { clock.show(doing); });
        if (status != 0 || !fs::exists(part / "network.so"))
            throw depix::Error("the compiler " + compiler.command[0] + " failed (status " + std::to_string(status) +
                               (status > 128 ? ", perhaps for lack of memory" : "") +
                               "):" + complaint(text_of(part / "messages.txt")));
    });
    return result;
}

#else

std::filesystem::path tool::compile_module(const std::string&, const std::string&) {
    throw depix::Error("on this system the tool compiles no networks; `depix import` writes a program that runs it");
}

#endif
