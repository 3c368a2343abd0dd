// What the tests of runs train on, and a folder that only rank 0 sees.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../io/temporary_folder.hpp"
#include "../train/tiny.hpp"
#include "depix/mpi/communicator.hpp"

namespace depix {

/// 17 pairs of noise in batches of 7: the last batch has 3 pairs.
struct Source {
    std::uint64_t seed = 1;
    std::size_t pairs = 17;
    std::size_t size() const { return pairs; }
    Shape input_shape() const { return {1, 4, 8}; }
    Shape target_shape() const { return {1, 4, 8}; }
    void pair(std::uint64_t epoch, std::size_t index, View<float> input, View<float> target) const {
        Random random(seed, epoch, index);
        for (int y = 0; y < 4; ++y)
            for (int x = 0; x < 8; ++x) {
                input(0, 0, y, x) = static_cast<float>(random.uniform());
                target(0, 0, y, x) = 0.5f * input(0, 0, y, x) + 0.1f;
            }
    }
};
struct SharedBatches {
    struct Options {
        BatchShare share;
    };
    Options options_{};
    Source source_{};

    const Options& options() const { return options_; }
    const Source& source() const { return source_; }
    std::size_t steps() const { return (source_.pairs + 6) / 7; }
    std::vector<tiny::Pair> epoch(std::uint64_t number, std::size_t first_step = 0) const {
        std::vector<tiny::Pair> batches;
        for (std::size_t step = first_step; step < steps(); ++step) {
            const BatchShare::Range own =
                options_.share.images(static_cast<int>(std::min<std::size_t>(7, source_.pairs - 7 * step)));
            tiny::Pair pair{{own.size(), {1, 4, 8}}, {own.size(), {1, 4, 8}}};
            for (int i = 0; i < own.size(); ++i)
                source_.pair(number, 7 * step + static_cast<std::size_t>(own.first + i), pair.input.view().images(i, 1),
                             pair.target.view().images(i, 1));
            batches.push_back(std::move(pair));
        }
        return batches;
    }
};

/// A folder that only rank 0 knows; the others get one that does not exist.
struct RankZeroFolder {
    explicit RankZeroFolder(const Communicator& ranks) {
        if (ranks.rank() == 0) folder.emplace();
        path = ranks.rank() == 0 ? folder->path.string() : "/of/no/other/rank";
    }
    std::optional<TemporaryFolder> folder;
    std::string path;
};

}  // namespace depix
