// The HTTP side of `depix serve`. server.cpp is the only file that includes cpp-httplib. It becomes a library beside
// the tool, which loads it when it serves: the tool starts without cpp-httplib, and as fast as before.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace tool {

struct Answer {
    int status = 200;
    std::string type = "text/plain";
    std::string body = {};
    std::vector<std::pair<std::string, std::string>> headers = {};
};

/// What a client sends to have a picture restored.
struct Form {
    std::string picture;           // a file's content
    std::string mask = {};         // a file's content; empty: none
    std::string mask_colour = {};  // as for --mask-colour; empty: none
};

/// What is served.
class Site {
  public:
    virtual ~Site() = default;
    /// The answer to GET. Many threads call it at once.
    virtual Answer get(const std::string& path) const = 0;
    /// The answer to POST /restore/MODEL, called by one thread at a time. Once `is_abandoned` returns true,
    /// nobody waits for the answer any more. What it throws is answered with status 400.
    virtual Answer restore(const std::string& model, const Form& form, const std::function<bool()>& is_abandoned) = 0;
};

/// Serves on 127.0.0.1 until the program is ended. Port 0 is any that is free. Calls listening(port) once requests are
/// taken. Throws depix::Error if the port is taken.
using RunServer = int(Site& site, int port, std::size_t maximum_bytes, const std::function<void(int port)>& listening);

/// The library's file and its function.
inline constexpr const char* server_library = "depix_server.so";
inline constexpr const char* server_function = "depix_run_server";

}  // namespace tool
