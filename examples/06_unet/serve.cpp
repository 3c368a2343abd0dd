// serve: offers a web page to try the network, at http://127.0.0.1:8080.
//
// The page draws, and the network restores. POST /restore/denoise or /restore/inpaint takes a form with a `picture`
// and, for inpainting, a `mask` (white means missing), and answers with a PNG. Only this machine can reach it. A page
// of another site that the user's browser shows could send requests too, so those with a foreign Host or Origin are
// refused.
#include <httplib.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <span>
#include <string>

#include "commands.hpp"
#include "depix/error.hpp"
#include "depix/io/image.hpp"
#include "limited_server.hpp"
#include "networks.hpp"
#include "page.hpp"

namespace {

depix::Image read_part(const httplib::Request& request, const char* name, int channels) {
    if (!request.has_file(name)) throw depix::Error(std::string("the form holds no ") + name);
    const std::string& bytes = request.get_file_value(name).content;
    // The pictures come from a browser. A larger one would take too long for a user, and decoding must not fill the
    // memory.
    const depix::ImageLimits limits{.maximum_pixels = 16'000'000};
    return depix::decode_image(std::as_bytes(std::span(bytes)), channels, limits);
}

void answer(const depix::AnyRestorer& network, bool masked, const httplib::Request& request,
            httplib::Response& response) {
    try {
        const depix::Image image = read_part(request, "picture", 3);
        depix::Image mask;
        if (masked) mask = read_part(request, "mask", 1);
        const auto start = std::chrono::steady_clock::now();
        const depix::Image restored = example::restore_image(network, image, masked ? &mask : nullptr);
        const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - start;
        const std::vector<std::byte> png = depix::write_png(restored);
        response.set_header("X-Milliseconds", std::to_string(static_cast<int>(time.count())));
        response.set_content(reinterpret_cast<const char*>(png.data()), png.size(), "image/png");
    } catch (const std::exception& error) {
        response.status = 400;
        response.set_content(error.what(), "text/plain");
    }
}

/// Whether a request is for this server, from its own page or from a program that states no origin.
bool is_own(const httplib::Request& request, int port) {
    const auto is_own_name = [port](const std::string& name) {
        return name == "127.0.0.1:" + std::to_string(port) || name == "localhost:" + std::to_string(port);
    };
    const std::string origin = request.get_header_value("Origin"), scheme = "http://";
    if (!is_own_name(request.get_header_value("Host"))) return false;
    return origin.empty() || (origin.starts_with(scheme) && is_own_name(origin.substr(scheme.size())));
}

/// Lets one request in at a time, because a picture takes all threads, and turns away those that would wait long.
class Queue {
  public:
    static constexpr int maximum_waiting = 4;

    template <class Work>
    void run(httplib::Response& response, const Work& work) {
        if (++waiting_ > maximum_waiting) {
            response.status = 503;
            response.set_content("too many pictures are waiting", "text/plain");
        } else {
            const std::lock_guard lock(mutex_);
            work();
        }
        --waiting_;
    }

  private:
    std::atomic<int> waiting_{0};
    std::mutex mutex_;
};

}  // namespace

int example::serve(const ServeOptions& options) {
    const depix::AnyRestorer denoise = load_network(options.filters, options.denoise_weights, options.threads);
    const depix::AnyRestorer inpaint = load_network(options.filters, options.inpaint_weights, options.threads);
    LimitedServer server{ServerLimits{}};
    // Many threads, because most of them only wait for slow clients.
    server.new_task_queue = [] { return new httplib::ThreadPool(32); };
    // httplib's default would let a second server listen on the same port, and each would get some of the requests.
    server.set_socket_options([](socket_t socket) {
        const int yes = 1;
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    });
    int port = options.port;
    server.set_pre_routing_handler([&](const httplib::Request& request, httplib::Response& response) {
        const bool own = is_own(request, port);
        // Only a body of a stated length is compared with the limit before it is read.
        const bool has_body = request.method != "GET" && request.method != "HEAD";
        if (own && !request.has_header("Transfer-Encoding") && (!has_body || request.has_header("Content-Length")))
            return httplib::Server::HandlerResponse::Unhandled;
        response.status = own ? 411 : 403;
        response.set_content(own ? "a request must state its length" : "this server answers its own page only",
                             "text/plain");
        return httplib::Server::HandlerResponse::Handled;
    });
    Queue queue;
    server.Get("/",
               [](const httplib::Request&, httplib::Response& response) { response.set_content(page, "text/html"); });
    server.Post("/restore/denoise", [&](const httplib::Request& request, httplib::Response& response) {
        queue.run(response, [&] { answer(denoise, false, request, response); });
    });
    server.Post("/restore/inpaint", [&](const httplib::Request& request, httplib::Response& response) {
        queue.run(response, [&] { answer(inpaint, true, request, response); });
    });
    if (port == 0)
        port = server.bind_to_any_port("127.0.0.1");
    else if (!server.bind_to_port("127.0.0.1", port))
        port = -1;
    if (port < 0) throw depix::Error("cannot listen on port " + std::to_string(options.port) + ": is it taken?");
    std::printf("http://127.0.0.1:%d (Ctrl+C ends it)\n", port);
    std::fflush(stdout);
    if (server.listen_after_bind()) return 0;
    throw depix::Error("the server on port " + std::to_string(port) + " ended with an error");
}
