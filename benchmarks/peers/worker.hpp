// What the C++ workers of the race share: their command line, the files of export.py, and the protocol.
//
//     WORKER FOLDER NETWORK SHAPE THREADS restore|train     (SHAPE: batch x channels x height x width, "1x3x64x256")
//
// A worker runs once, prints "ready " and a JSON object of what race.py must know of that run (announce), and then, for
// each number N on standard input, runs N times and prints their times in milliseconds, as a JSON list (serve).
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

namespace peers {

struct Job {
    std::string path;  ///< of the network's files, up to the network's name
    std::string network;
    int batch = 0, channels = 0, height = 0, width = 0;
    int threads = 1;
    bool training = false;
};

/// Throws std::runtime_error for a command line that is not the one above.
inline Job read_job(int count, char** arguments) {
    if (count != 6)
        throw std::runtime_error(std::string("usage: ") + arguments[0] + " FOLDER NETWORK SHAPE THREADS restore|train");
    Job job;
    job.network = arguments[2];
    job.path = std::string(arguments[1]).append("/").append(job.network);
    if (std::sscanf(arguments[3], "%dx%dx%dx%d", &job.batch, &job.channels, &job.height, &job.width) != 4)
        throw std::runtime_error(std::string("no shape: ") + arguments[3]);
    job.threads = std::max(1, std::atoi(arguments[4]));
    job.training = std::string(arguments[5]) == "train";
    return job;
}

/// A file of raw floats. Throws std::runtime_error if it cannot be read.
inline std::vector<float> read_floats(const std::string& path) {
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    if (!file) throw std::runtime_error("cannot open " + path);
    std::vector<float> values(static_cast<std::size_t>(file.tellg()) / sizeof(float));
    file.seekg(0);
    file.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(values.size() * sizeof(float)));
    if (!file) throw std::runtime_error("cannot read " + path);
    return values;
}

/// The largest |a - b|. It is the largest double for results of another size or with a NaN, because JSON has no NaN.
inline double largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
    constexpr double unlike = std::numeric_limits<double>::max();
    if (a.size() != b.size()) return unlike;
    double largest = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double difference = std::fabs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
        if (!std::isfinite(difference)) return unlike;
        largest = std::max(largest, difference);
    }
    return largest;
}

inline void announce(const std::string& facts) {
    std::printf("ready %s\n", facts.c_str());
    std::fflush(stdout);
}

/// Answers until the end of standard input.
template <class Step>
void serve(Step&& step) {
    for (char line[32]; std::fgets(line, sizeof line, stdin);) {
        const int steps = std::atoi(line);
        std::vector<double> times;
        for (int i = 0; i < steps; ++i) {
            const auto start = std::chrono::steady_clock::now();
            step();
            times.push_back(
                std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
        }
        std::printf("[");
        for (std::size_t i = 0; i < times.size(); ++i) std::printf("%s%.6f", i > 0 ? ", " : "", times[i]);
        std::printf("]\n");
        std::fflush(stdout);
    }
}

/// The body of main: calls `work` with the job, and prints errors as messages.
template <class Work>
int run(int count, char** arguments, Work&& work) {
    try {
        work(read_job(count, arguments));
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}

/// {"error": e}, and {"error": e, "version": "1.2"} where there is one.
inline std::string error_fact(double error, const std::string& version = "") {
    char number[32];
    std::snprintf(number, sizeof number, "%.6g", error);
    std::string fact = std::string("{\"error\": ").append(number);
    if (!version.empty()) fact.append(", \"version\": \"").append(version).append("\"");
    return fact.append("}");
}

}  // namespace peers
