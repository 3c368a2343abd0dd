// How the ways of lesson 2 are timed and compared, and the same layer by depix.
#pragma once

#include <depix/depix.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <string>
#include <vector>

#include "../chart.hpp"
#include "layer.hpp"

class Times {
  public:
    /// Runs a way for about 0.2 s, and at least once. Its time is that of the shortest run, because another program may
    /// have slowed down the others. Every way must give what the first one gives, up to rounding.
    template <class Way>
    void add(const std::string& name, Way way) {
        using Clock = std::chrono::steady_clock;
        Floats result;
        double best = INFINITY;
        for (double all = 0; all < 200;) {
            const auto start = Clock::now();
            result = way();
            const double time = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
            best = (std::min)(best, time), all += time;
        }
        if (ways_.empty()) first_ = result;
        float difference = result.size() == first_.size() ? 0 : INFINITY;
        for (std::size_t i = 0; i < (std::min)(result.size(), first_.size()); ++i)
            difference = (std::max)(difference, std::abs(result[i] - first_[i]));
        agree_ = agree_ && difference < 1e-3f;  // sums of 576 products of numbers below 0.5, in float
        ways_.push_back({name, best});
        std::printf("%-20s %8.2f ms  %6.1f times as fast  largest difference %.6f\n", name.c_str(), best,
                    ways_[0].milliseconds / best, double{difference});
    }
    bool agree() const { return agree_; }

    /// A bar for each way. The first one's would be far too long, so it is cut off.
    void draw(const std::string& path) const {
        const auto count = static_cast<double>(ways_.size());
        const double most = 1.3 * ways_[1].milliseconds;
        Chart chart("milliseconds for the same layer", {0, most, {}, ""}, {0, count, {}, ""}, 560, 270);
        double place = count - 0.5;
        for (const auto& [name, time] : ways_) {
            const bool cut = time > most;
            chart.bar(place, cut ? most : time, "#4a76a8");
            chart.label(cut ? 0 : time, place, name + ": " + Chart::number(time) + (cut ? ", not to scale" : ""),
                        cut ? "#fff" : "#24292f");
            place -= 1;
        }
        chart.save(path);
    }

  private:
    struct Way {
        std::string name;
        double milliseconds;
    };
    std::vector<Way> ways_;
    Floats first_;
    bool agree_ = true;
};

/// The layer as a network of depix, on one thread.
class ByDepix {
    using Network = depix::Sequential<depix::Conv<maps, maps>, depix::ReLU, depix::MaxPool<2>>;

  public:
    explicit ByDepix(const Layer& layer) : x_({maps, side, side}), inference_(model_of(layer), 1) {
        for (int c = 0; c < maps; ++c)
            for (int row = 0; row < side; ++row) std::copy_n(layer.pixel(c, row + 1, 1), side, &x_(c, row, 0));
    }
    Floats operator()() const { return inference_(x_).pixels; }

  private:
    static depix::Model<Network> model_of(const Layer& layer) {
        depix::Model<Network> model;
        std::ranges::copy(layer.weights, model.parameters().begin());
        std::ranges::copy(layer.biases, model.parameters().end() - maps);
        return model;
    }
    depix::Image x_;
    depix::Inference<Network> inference_;
};
