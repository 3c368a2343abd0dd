// A library for LD_PRELOAD that lets one call of the system's functions fail: DEPIX_FAIL_CALL="fsync 3" fails the third
// call of fsync, as a full disk or a lack of memory would. When it has done so, it writes the file DEPIX_FAIL_MARK.
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

using Main = int(int, char**, char**);
Main* program = nullptr;
std::atomic<bool> started{false};  // What is before main is the libraries' and cannot be caught.

int start(int count, char** arguments, char** environment) {
    started = true;
    return program(count, arguments, environment);
}

// Whether this call of `name` is the one that shall fail.
bool fails(const char* name) {
    static std::atomic<int> calls{0};
    if (!started) return false;
    const char* wanted = std::getenv("DEPIX_FAIL_CALL");
    const std::size_t length = std::strlen(name);
    if (wanted == nullptr || std::strncmp(wanted, name, length) != 0 || wanted[length] != ' ') return false;
    if (calls.fetch_add(1) + 1 != std::atoi(wanted + length)) return false;
    if (const char* mark = std::getenv("DEPIX_FAIL_MARK")) ::close(::creat(mark, 0644));
    return true;
}

template <class Function>
Function* next(const char* name) {
    return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

int __libc_start_main(Main* main, int count, char** arguments, void (*initialise)(), void (*finish)(), void (*unload)(),
                      void* stack) {
    program = main;
    return next<int(Main*, int, char**, void (*)(), void (*)(), void (*)(), void*)>("__libc_start_main")(
        start, count, arguments, initialise, finish, unload, stack);
}
std::size_t fwrite(const void* bytes, std::size_t size, std::size_t count, std::FILE* file) {
    static const auto real = next<std::size_t(const void*, std::size_t, std::size_t, std::FILE*)>("fwrite");
    if (file == stdout || file == stderr || !fails("fwrite")) return real(bytes, size, count, file);
    errno = ENOSPC;
    return 0;
}
int fflush(std::FILE* file) {
    static const auto real = next<int(std::FILE*)>("fflush");
    if (file == stdout || file == stderr || !fails("fflush")) return real(file);
    errno = ENOSPC;
    return EOF;
}
int fclose(std::FILE* file) {
    static const auto real = next<int(std::FILE*)>("fclose");
    const bool failed = fails("fclose");  // the file is closed even then
    const int result = real(file);
    if (!failed) return result;
    errno = EIO;
    return EOF;
}
std::size_t fread(void* bytes, std::size_t size, std::size_t count, std::FILE* file) {
    static const auto real = next<std::size_t(void*, std::size_t, std::size_t, std::FILE*)>("fread");
    if (!fails("fread")) return real(bytes, size, count, file);
    errno = EIO;
    return 0;
}
std::FILE* fopen(const char* path, const char* mode) {
    static const auto real = next<std::FILE*(const char*, const char*)>("fopen");
    if (!fails("fopen")) return real(path, mode);
    errno = EMFILE;
    return nullptr;
}
int fsync(int descriptor) {
    static const auto real = next<int(int)>("fsync");
    if (!fails("fsync")) return real(descriptor);
    errno = EIO;
    return -1;
}
int rename(const char* from, const char* to) {
    static const auto real = next<int(const char*, const char*)>("rename");
    if (!fails("rename")) return real(from, to);
    errno = EACCES;
    return -1;
}
int linkat(int from_folder, const char* from, int to_folder, const char* to, int flags) {
    static const auto real = next<int(int, const char*, int, const char*, int)>("linkat");
    if (!fails("linkat")) return real(from_folder, from, to_folder, to, flags);
    errno = EACCES;
    return -1;
}
int open(const char* path, int flags, ...) {
    static const auto real = next<int(const char*, int, ...)>("open");
    std::va_list arguments;
    va_start(arguments, flags);
    const auto mode = (flags & (O_CREAT | __O_TMPFILE)) != 0 ? va_arg(arguments, unsigned) : 0u;
    va_end(arguments);
    if (!fails("open")) return real(path, flags, mode);
    errno = EMFILE;
    return -1;
}
DIR* opendir(const char* path) {
    static const auto real = next<DIR*(const char*)>("opendir");
    if (!fails("opendir")) return real(path);
    errno = EMFILE;
    return nullptr;
}
int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*start)(void*), void* argument) {
    static const auto real = next<int(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*)>("pthread_create");
    return fails("pthread_create") ? EAGAIN : real(thread, attributes, start, argument);
}
// glibc's own malloc, because dlsym allocates.
void* __libc_malloc(std::size_t size);
void* malloc(std::size_t size) {
    if (!fails("malloc")) return __libc_malloc(size);
    errno = ENOMEM;
    return nullptr;
}

}  // extern "C"
