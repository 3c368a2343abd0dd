// Sends malformed requests to `depix serve`: malformed PORT PICTURE COUNT [slow]. COUNT requests are drawn at
// random: bytes without sense, and a good request in which bytes are changed, left out or doubled, or that ends early.
// Some are made by hand: too long, too many or endless headers and bodies. With "slow", connections that send next to
// nothing take all of the server's threads. After each hundred the server must still answer. Prints how often each
// status was the answer; fails if one was 500, or if the server does not answer.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "depix/random.hpp"

namespace {

int port = 0;

class Connection {
  public:
    Connection() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(static_cast<std::uint16_t>(port));
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
            throw std::runtime_error("the server takes no connection");
    }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection() { ::close(socket_); }

    /// Returns false once the server takes no more.
    bool send(const std::string& bytes) {
        for (std::size_t at = 0; at < bytes.size();) {
            const ssize_t count = ::send(socket_, bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL);
            if (count <= 0) return false;
            at += static_cast<std::size_t>(count);
        }
        return true;
    }
    void end_sending() { ::shutdown(socket_, SHUT_WR); }
    /// The answer's status; 0 if there is none. Throws if it takes longer than `seconds`.
    int status(int seconds = 20) {
        std::string answer;
        char bytes[4096];
        for (;;) {
            pollfd wanted{socket_, POLLIN, 0};
            if (::poll(&wanted, 1, 1000 * seconds) <= 0) throw std::runtime_error("no answer in time");
            const ssize_t count = ::recv(socket_, bytes, sizeof bytes, 0);
            if (count <= 0) break;
            if (answer.size() < 100) answer.append(bytes, static_cast<std::size_t>(count));
        }
        return answer.starts_with("HTTP/1.1 ") ? std::stoi(answer.substr(9, 3)) : 0;
    }

  private:
    int socket_;
};

std::string head(const std::string& request_line) {
    return request_line + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) + "\r\n";
}

std::string form(const std::string& picture) {
    const std::string body = "--xyz\r\nContent-Disposition: form-data; name=\"picture\"; filename=\"a.png\"\r\n\r\n" +
                             picture + "\r\n--xyz--\r\n";
    return head("POST /restore/denoise") +
           "Content-Type: multipart/form-data; boundary=xyz\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
}

std::string draw(const std::string& good, depix::Random& random) {
    const auto below = [&](std::size_t limit) {
        return static_cast<std::size_t>(random.integer(0, static_cast<int>(limit)));
    };
    const std::size_t headers = good.find("\r\n\r\n");
    std::string text = good;
    if (below(10) == 0) {
        text.assign(below(300), ' ');
        for (char& c : text) c = static_cast<char>(below(256));
        return text;
    }
    for (std::size_t changes = 1 + below(6); changes > 0; --changes) {
        // Mostly in the headers, which are a small part.
        const std::size_t at = below(below(3) == 0 ? text.size() : std::min(headers + 90, text.size()));
        switch (below(5)) {
            case 0:
                text[at] = static_cast<char>(below(256));
                break;
            case 1:
                text.erase(at, 1 + below(8));
                break;
            case 2:
                text.insert(at, text.substr(below(text.size()), below(40)));
                break;
            case 3:
                text.insert(at, 1 + below(20), static_cast<char>(below(256)));
                break;
            default:
                text.insert(at, std::to_string(random.integer(-1000, 1'000'000'000)));
                break;
        }
        if (text.size() < 10) break;
    }
    if (below(4) == 0) text.resize(below(text.size()));
    return text;
}

void require(bool condition, const std::string& what) {
    if (!condition) throw std::runtime_error(what);
}

/// The server takes a client that ends the connection on its side for one that has gone, which gets no picture.
int answer_to(const std::string& request, bool stays = false) {
    Connection connection;
    connection.send(request);
    if (!stays) connection.end_sending();
    return connection.status();
}

/// Sends the beginning, and then the block until the server takes no more. At most a gigabyte.
int endless(const std::string& begin, const std::string& block) {
    Connection connection;
    bool taken = connection.send(begin);
    for (std::size_t sent = 0; taken && sent < (std::size_t{1} << 30); sent += block.size())
        taken = connection.send(block);
    require(!taken, "the server takes a request without end: " + begin.substr(0, 60));
    return connection.status();
}

void made_by_hand(const std::string& good) {
    const std::string page = head("GET /");
    const std::string post = head("POST /restore/denoise") + "Content-Type: multipart/form-data; boundary=xyz\r\n";
    for (const char* length : {"-1", "99999999999999999999999", "abc", "", "18446744073709551615", "4294967296"})
        require(answer_to(post + "Content-Length: " + length + "\r\n\r\nab") != 200, std::string("length ") + length);
    require(answer_to(post + "\r\nab") == 411, "a body without a length");
    require(answer_to(post + "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n") == 411, "a body in chunks");
    require(answer_to(post + "Content-Length: 100\r\n\r\nab") != 200, "a body that is shorter than it says");
    require(answer_to(std::string(20'000, 'A')) != 200, "a request line of 20,000 bytes");
    endless("", std::string(1 << 16, 'A'));
    endless("GET /", std::string(1 << 16, 'A'));
    endless(page + "X: ", std::string(1 << 16, 'A'));
    std::string many;
    for (int i = 0; i < 1000; ++i) many += "X" + std::to_string(i) + ": y\r\n";
    endless(page, many);
    endless(post + "Transfer-Encoding: chunked\r\n\r\n", "10000\r\n" + std::string(0x10000, 'A') + "\r\n");
    endless(post + "Content-Length: 999999999999\r\n\r\n", std::string(1 << 16, 'A'));
    std::string parts;
    for (int i = 0; i < 20'000; ++i) parts += "--xyz\r\nContent-Disposition: form-data; name=\"picture\"\r\n\r\n\r\n";
    require(
        answer_to(post + "Content-Length: " + std::to_string(parts.size() + 7) + "\r\n\r\n" + parts + "--xyz--") != 200,
        "20,000 parts");
    require(answer_to(good, true) == 200, "a good request after these");
}

}  // namespace

int main(int count, char** arguments) {
    if (count < 4) return 2;
    try {
        port = std::stoi(arguments[1]);
        std::ifstream file(arguments[2], std::ios::binary);
        const std::string good = form({std::istreambuf_iterator<char>(file), {}});
        require(answer_to(good, true) == 200, "a good request");
        made_by_hand(good);
        depix::Random random(1);
        std::map<int, int> answers;
        for (int i = 1; i <= std::stoi(arguments[3]); ++i) {
            ++answers[answer_to(draw(good, random))];
            if (i % 100 == 0)
                require(answer_to(head("GET /") + "\r\n") == 200, "the page after request " + std::to_string(i));
        }
        for (const auto& [status, times] : answers) std::printf("%d: %d times\n", status, times);
        require(!answers.contains(500), "an error inside of the server");
        if (count > 4) {
            const auto start = std::chrono::steady_clock::now();
            std::vector<Connection> slow(40);
            for (Connection& connection : slow) connection.send(head("GET /"));
            require(answer_to(head("GET /") + "\r\n") == 200, "the page beside slow connections");
            const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
            std::printf("beside 40 slow connections the page took %.1f s\n", seconds.count());
        }
    } catch (const std::exception& error) {
        std::printf("%s\n", error.what());
        return 1;
    }
}
