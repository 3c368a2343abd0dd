// Files are read whole with a limit, and written whole or not at all.
#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#if __has_include(<sys/wait.h>)
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

#include "depix/io/atomic_file.hpp"
#include "temporary_folder.hpp"

using namespace depix;

namespace {

std::string text_of(const std::string& path) {
    const std::vector<std::byte> bytes = read_file(path);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string message_of(const auto& action) {
    try {
        action();
    } catch (const FileError& error) {
        return error.what();
    }
    return "nothing was thrown";
}

}  // namespace

TEST_CASE("write_file: creates, replaces, and reads back") {
    const TemporaryFolder folder;
    const std::string path = folder / "file";
    write_file(path, "first");
    CHECK(text_of(path) == "first");
    write_file(path, "");
    CHECK(text_of(path) == "");
    const std::string large(300'000, 'x');
    write_file(path, large);
    CHECK(text_of(path) == large);
    CHECK(folder.count() == 1);
}

TEST_CASE("AtomicFile: without a commit the old file stays, and no temporary") {
    const TemporaryFolder folder;
    const std::string path = folder / "file";
    write_file(path, "old");
    {
        AtomicFile file(path);
        file.write("new");
        CHECK(text_of(path) == "old");
        CHECK(folder.count() <= 2);  // 1 where the new file has no name yet
    }
    CHECK(text_of(path) == "old");
    CHECK(folder.count() == 1);

    AtomicFile file(path);
    file.write("a");
    file.write("b");
    file.commit();
    CHECK(text_of(path) == "ab");
    CHECK_THROWS_AS(file.write("c"), FileError);
    CHECK_THROWS_AS(file.commit(), FileError);
    CHECK(folder.count() == 1);
}

#if __has_include(<sys/wait.h>)
TEST_CASE("write_file: keeps permissions and follows links") {
    const TemporaryFolder folder;
    const std::string path = folder / "file";
    write_file(path, "old");
    ::chmod(path.c_str(), 0640);
    std::filesystem::create_symlink("file", folder.path / "link");
    write_file(folder / "link", "new");
    CHECK(std::filesystem::is_symlink(folder.path / "link"));
    CHECK(text_of(path) == "new");
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0640);
    CHECK(folder.count() == 2);
}

TEST_CASE("write_file: a link that leads out of the folder is replaced, not followed") {
    const TemporaryFolder folder;
    std::filesystem::create_directory(folder.path / "originals");
    write_file(folder / "originals/picture", "original");
    std::filesystem::create_symlink("originals/picture", folder.path / "result");
    write_file(folder / "result", "restored");
    CHECK(text_of(folder / "originals/picture") == "original");
    CHECK(!std::filesystem::is_symlink(folder.path / "result"));
    CHECK(text_of(folder / "result") == "restored");
}
#endif

TEST_CASE("write_file: errors name the path and say what the system said") {
    const TemporaryFolder folder;
    const std::string nowhere = folder / "no/such/folder/file";
    CHECK(message_of([&] { write_file(nowhere, "text"); }) ==
          nowhere + ": cannot open for writing: No such file or directory");
    CHECK(message_of([&] { write_file(folder.path.string(), "text"); }) ==
          folder.path.string() + ": cannot write: it is a folder");
    CHECK(folder.count() == 0);
}

#if __has_include(<sys/wait.h>)
TEST_CASE("write_file: a full disk, at once and at the flush") {
    if (!std::filesystem::exists("/dev/full")) return;
    CHECK(message_of([] { write_file("/dev/full", "small"); }) == "/dev/full: cannot write: No space left on device");
    CHECK(message_of([] { write_file("/dev/full", std::string(1 << 20, 'x')); }) ==
          "/dev/full: cannot write: No space left on device");
    CHECK(std::filesystem::is_character_file("/dev/full"));  // it is written to, never replaced
    CHECK_FALSE(std::filesystem::exists("/dev/.depix-" + std::to_string(::getpid()) + "-0.tmp"));
}

TEST_CASE("write_file: a write that stops in the middle leaves the old file and no temporary") {
    const TemporaryFolder folder;
    const std::string path = folder / "file";
    write_file(path, "old");
    // A limit on the size of files simulates a disk that fills up half-way.
    rlimit before{};
    ::getrlimit(RLIMIT_FSIZE, &before);
    rlimit small = before;
    small.rlim_cur = 100'000;
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    ::setrlimit(RLIMIT_FSIZE, &small);
    const std::string message = message_of([&] { write_file(path, std::string(300'000, 'x')); });
    ::setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, handler);
    CHECK(message == path + ": cannot write: File too large");
    CHECK(text_of(path) == "old");
    CHECK(folder.count() == 1);
}

TEST_CASE("write_file: killed at any moment, the file is the old one or the new one") {
    const TemporaryFolder folder;
    const std::string path = folder / "file";
    const std::string contents[2] = {std::string(200'000, 'a'), std::string(200'000, 'b')};
    write_file(path, contents[0]);
    for (int round = 0; round < 20; ++round) {
        const pid_t child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            for (int i = 0;; ++i) write_file(path, contents[i % 2]);
        }
        ::usleep(static_cast<useconds_t>(500 + 700 * round));
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        const std::string now = text_of(path);
        CHECK((now == contents[0] || now == contents[1]));
    }
}

TEST_CASE("AtomicFile: killed before the commit, nothing is left where the system has files without names") {
    const TemporaryFolder folder;
    const int nameless = ::open(folder.path.c_str(), O_TMPFILE | O_WRONLY, 0600);
    if (nameless < 0) return;
    ::close(nameless);
    const std::string path = folder / "file";
    write_file(path, "old");
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        AtomicFile file(path);
        file.write(std::string(300'000, 'x'));
        ::kill(::getpid(), SIGKILL);
    }
    ::waitpid(child, nullptr, 0);
    CHECK(text_of(path) == "old");
    CHECK(folder.count() == 1);
}
#endif

TEST_CASE("write_file: many threads, one name") {
    const TemporaryFolder folder;
    const std::string path = folder / "file";
    std::vector<std::thread> threads;
    for (char letter = 'a'; letter < 'e'; ++letter)
        threads.emplace_back([&path, letter] {
            for (int i = 0; i < 10; ++i) write_file(path, std::string(10'000, letter));
        });
    for (std::thread& thread : threads) thread.join();
    const std::string now = text_of(path);
    CHECK(now == std::string(10'000, now.at(0)));
    CHECK(folder.count() == 1);
}

TEST_CASE("read_file: errors") {
    const TemporaryFolder folder;
    const std::string path = folder / "file";
    CHECK(message_of([&] { read_file(path); }) == path + ": cannot open: No such file or directory");
    CHECK(message_of([&] { read_file(folder.path.string()); }) ==
          folder.path.string() + ": cannot read: it is a folder");
    write_file(path, "12345");
    CHECK(read_file(path, 5).size() == 5);
    CHECK(message_of([&] { read_file(path, 4); }) == path + ": larger than the limit of 4 bytes");
    if (std::filesystem::exists("/dev/zero"))  // a file without end
        CHECK(message_of([] { read_file("/dev/zero", 1'000'000); }) ==
              "/dev/zero: larger than the limit of 1000000 bytes");
}

#if __has_include(<sys/wait.h>)
TEST_CASE("read_file: a pipe, which does not know its length") {
    const TemporaryFolder folder;
    const std::string path = folder / "pipe";
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    const std::string contents(200'000, 'p');
    std::thread writer([&] { std::ofstream(path, std::ios::binary) << contents; });
    CHECK(text_of(path) == contents);
    writer.join();
}
#endif
