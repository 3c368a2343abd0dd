// serve: offers a web page to restore pictures with, at http://127.0.0.1:8080. POST /restore/MODEL takes a form with a
// `picture`, and a `mask` or a `mask_colour` for a model that fills holes, and answers with a PNG.
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>

#include "commands.hpp"
#include "depix/error.hpp"

#if defined(__ELF__)

#include "formats/shared_library.hpp"
#include "serve/server.hpp"
#include "serve/site.hpp"

namespace {

// The library lies beside the program.
tool::RunServer& load_server() {
    const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe");
    tool::RunServer* run = nullptr;
    static tool::SharedLibrary library((program.parent_path() / tool::server_library).c_str());
    library.find(tool::server_function, run);
    if (library.is_loaded()) return *run;
    throw depix::Error("this build cannot serve, because " + std::string(tool::server_library) +
                       " cannot be loaded. It is built where cpp-httplib 0.11 is found (Debian 12: "
                       "libcpp-httplib-dev libssl-dev zlib1g-dev libbrotli-dev): " +
                       library.error());
}

}  // namespace

int tool::serve(const ServeOptions& options) {
    RunServer& run = load_server();
    PictureSite site(options);
    return run(site, options.port, options.limits.maximum_bytes, [](int port) {
        std::printf("http://127.0.0.1:%d (Ctrl+C ends it)\n", port);
        std::fflush(stdout);
    });
}

#else

int tool::serve(const ServeOptions&) { throw depix::Error("serve: this system's build has no server"); }

#endif
