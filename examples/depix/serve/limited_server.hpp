// LimitedServer: httplib's server with limits on what a client may send before it is answered. httplib 0.11 (Debian 12)
// limits a body only if the request states its length, reads a request line and headers of any length, and lets a
// client take its time as long as a byte comes now and then.
#pragma once

#include <httplib.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tool {

struct ServerLimits {
    std::size_t header_bytes = 32 << 10;            ///< The request line and all headers.
    std::size_t body_bytes = 64 << 20;              ///< More is refused with 413 if the request states its length.
    std::chrono::milliseconds request_time{5'000};  ///< To send a request.
    std::chrono::milliseconds answer_time{5'000};   ///< To take the answer, once it is there.
};

/// A connection that ends where a limit is reached.
class LimitedStream : public httplib::Stream {
  public:
    LimitedStream(socket_t socket, const ServerLimits& limits)
        : socket_(socket), limits_(limits), end_of_request_(Clock::now() + limits.request_time) {}

    bool is_readable() const override { return waits(POLLIN, end_of_request_); }
    bool is_writable() const override { return waits(POLLOUT, end_of_answer()); }

    ssize_t read(char* bytes, std::size_t size) override {
        const std::size_t room =
            (has_headers_ ? limits_.header_bytes + limits_.body_bytes : limits_.header_bytes) - read_;
        if (room == 0 || !is_readable()) return -1;
        // One byte at a time is what httplib asks for while it reads headers.
        const ssize_t count = ::recv(socket_, bytes, std::min(size, room), 0);
        if (count > 0) note(std::string_view(bytes, static_cast<std::size_t>(count)));
        return count;
    }
    ssize_t write(const char* bytes, std::size_t size) override {
        return is_writable() ? ::send(socket_, bytes, size, MSG_NOSIGNAL) : -1;
    }
    void get_remote_ip_and_port(std::string&, int&) const override {}  // always this machine
    void get_local_ip_and_port(std::string&, int&) const override {}
    socket_t socket() const override { return socket_; }

  private:
    using Clock = std::chrono::steady_clock;

    // The headers end with an empty line.
    void note(std::string_view bytes) {
        read_ += bytes.size();
        for (const char c : bytes) {
            if (has_headers_) return;
            newlines_ = c == '\n' ? newlines_ + 1 : c == '\r' ? newlines_ : 0;
            has_headers_ = newlines_ == 2;
        }
    }
    Clock::time_point end_of_answer() const {
        if (end_of_answer_ == Clock::time_point{}) end_of_answer_ = Clock::now() + limits_.answer_time;
        return end_of_answer_;
    }
    bool waits(short event, Clock::time_point until) const {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
        pollfd wanted{socket_, event, 0};
        return left > 0 && ::poll(&wanted, 1, static_cast<int>(left)) > 0;
    }

    socket_t socket_;
    ServerLimits limits_;
    Clock::time_point end_of_request_;
    mutable Clock::time_point end_of_answer_{};  // from the answer's first byte on
    std::size_t read_ = 0;
    int newlines_ = 0;
    bool has_headers_ = false;
};

/// A connection is for one request.
class LimitedServer : public httplib::Server {
  public:
    explicit LimitedServer(const ServerLimits& limits) : limits_(limits) { set_payload_max_length(limits.body_bytes); }

    /// Whether the client whose request this thread answers has closed its side of the connection.
    static bool is_abandoned() {
        pollfd wanted{current_socket, POLLRDHUP, 0};
        return current_socket >= 0 && ::poll(&wanted, 1, 0) > 0;
    }

  private:
    bool process_and_close_socket(socket_t socket) override {
        LimitedStream stream(socket, limits_);
        bool is_closed = false;
        current_socket = socket;
        const bool good = process_request(stream, true, is_closed, nullptr);
        // What the client still sends is read for a moment, so that it gets the answer and not a reset connection.
        ::shutdown(socket, SHUT_WR);
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(2);
        std::array<char, 65536> rest;
        pollfd wanted{socket, POLLIN, 0};
        for (std::size_t left = limits_.body_bytes; left > 0 && std::chrono::steady_clock::now() < end;) {
            if (::poll(&wanted, 1, 200) <= 0) break;
            const ssize_t count = ::recv(socket, rest.data(), std::min(left, rest.size()), 0);
            if (count <= 0) break;
            left -= static_cast<std::size_t>(count);
        }
        ::close(socket);
        return good;
    }

    inline static thread_local int current_socket = -1;
    ServerLimits limits_;
};

}  // namespace tool
