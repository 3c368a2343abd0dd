// Only this machine can reach the server. A page of another site that the user's browser shows could send requests too,
// so those with a foreign Host or Origin are refused.
#include "server.hpp"

#include <httplib.h>

#include <atomic>
#include <exception>
#include <mutex>
#include <new>

#include "depix/error.hpp"
#include "limited_server.hpp"

namespace {

void set_answer(httplib::Response& response, const tool::Answer& answer) {
    response.status = answer.status;
    for (const auto& [name, value] : answer.headers) response.set_header(name, value);
    response.set_content(answer.body.data(), answer.body.size(), answer.type);
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
    tool::Answer run(const Work& work) {
        struct Place {
            std::atomic<int>& waiting;
            int number = ++waiting;
            ~Place() { --waiting; }
        } place{waiting_};
        if (place.number > maximum_waiting) return {.status = 503, .body = "too many pictures are waiting"};
        const std::lock_guard lock(mutex_);
        return work();
    }

  private:
    std::atomic<int> waiting_{0};
    std::mutex mutex_;
};

tool::Answer restore(tool::Site& site, Queue& queue, const httplib::Request& request) {
    if (!request.has_file("picture")) return {.status = 400, .body = "the form holds no picture"};
    // Empty if the form does not hold it.
    const auto field = [&](const char* name) { return request.get_file_value(name).content; };
    try {
        return queue.run([&]() -> tool::Answer {
            if (tool::LimitedServer::is_abandoned()) return {.status = 503, .body = "the client has gone"};
            return site.restore(request.matches[1].str(), {field("picture"), field("mask"), field("mask_colour")},
                                &tool::LimitedServer::is_abandoned);
        });
    } catch (const std::bad_alloc&) {
        return {.status = 503, .body = "there is not enough memory"};
    } catch (const std::exception& error) {
        return {.status = 400, .body = error.what()};
    }
}

}  // namespace

extern "C" tool::RunServer depix_run_server;

int depix_run_server(tool::Site& site, int port, std::size_t maximum_bytes,
                     const std::function<void(int port)>& listening) {
    tool::LimitedServer server{{.body_bytes = maximum_bytes}};
    // Many threads, because most of them only wait for slow clients.
    server.new_task_queue = [] { return new httplib::ThreadPool(32); };
    // httplib's default would let a second server listen on the same port, and each would get some of the requests.
    server.set_socket_options([](socket_t socket) {
        const int yes = 1;
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    });
    server.set_default_headers({{"X-Content-Type-Options", "nosniff"},
                                {"X-Frame-Options", "DENY"},
                                {"Cross-Origin-Resource-Policy", "same-origin"}});
    int bound = port;
    server.set_pre_routing_handler([&](const httplib::Request& request, httplib::Response& response) {
        const bool own = is_own(request, bound);
        // Only a body of a stated length is compared with the limit before it is read.
        const bool has_body = request.method != "GET" && request.method != "HEAD";
        if (own && !request.has_header("Transfer-Encoding") && (!has_body || request.has_header("Content-Length")))
            return httplib::Server::HandlerResponse::Unhandled;
        set_answer(response, own ? tool::Answer{.status = 411, .body = "a request must state its length"}
                                 : tool::Answer{.status = 403, .body = "this server answers its own page only"});
        return httplib::Server::HandlerResponse::Handled;
    });
    server.Get("/.*", [&](const httplib::Request& request, httplib::Response& response) {
        set_answer(response, site.get(request.path));
    });
    Queue queue;
    server.Post("/restore/([A-Za-z0-9_-]+)", [&](const httplib::Request& request, httplib::Response& response) {
        set_answer(response, restore(site, queue, request));
    });
    if (port == 0)
        bound = server.bind_to_any_port("127.0.0.1");
    else if (!server.bind_to_port("127.0.0.1", port))
        bound = -1;
    if (bound < 0) throw depix::Error("cannot listen on port " + std::to_string(port) + ": is it taken?");
    listening(bound);
    if (server.listen_after_bind()) return 0;
    throw depix::Error("the server on port " + std::to_string(bound) + " ended with an error");
}
