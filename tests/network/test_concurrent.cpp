// One Inference and many threads: whatever they call at the same time, each gets the bits that a single call gives.
#include <doctest/doctest.h>

#include <barrier>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

#include "../uses_winograd.hpp"
#include "depix/inference.hpp"
#include "depix/layers/pixel_shuffle.hpp"
#include "depix/layers/sigmoid.hpp"
#include "depix/models/depixelizer.hpp"
#include "depix/network/skip.hpp"
#include "depix/random.hpp"

using namespace depix;

namespace {

// A small U-Net. Its inner convolutions are wide enough for Winograd's. The one to 64 channels is for threads that
// share output channels and meet in between, which they do where the maps are small.
using SmallUNet =
    Sequential<Conv<3, 16>, ReLU, Conv<16, 16>, ReLU,
               SkipConcat<MaxPool<2>, Conv<16, 32>, ReLU, Conv<32, 32>, ReLU, Conv<32, 64>, PixelShuffle<2>>,
               Conv<32, 16>, ReLU, Conv<16, 3>, Sigmoid>;

Image noise(Shape shape, std::uint64_t seed) {
    Image image(shape);
    Random random(seed);
    for (float& value : image.pixels) value = static_cast<float>(random.uniform());
    return image;
}

/// 4 threads make 5 calls each at the same time, with pictures of four contents and two sizes. So a workspace that one
/// call takes over from another gets a new layout, and holds what another picture left.
template <class Network>
void check_concurrent_calls(const Inference<Network>& network) {
    constexpr std::size_t callers = 4, calls = 5;
    const std::vector<Image> images{noise({3, 64, 96}, 1), noise({3, 32, 40}, 2), noise({3, 64, 96}, 3),
                                    noise({3, 32, 40}, 4)};
    std::vector<Image> expected;
    for (const Image& image : images) expected.push_back(network(image));
    CHECK(expected[0] != expected[2]);

    std::vector<std::vector<Image>> results(callers, std::vector<Image>(calls));
    std::barrier start(callers);
    std::vector<std::thread> threads;
    for (std::size_t caller = 0; caller < callers; ++caller)
        threads.emplace_back([&, caller] {
            for (std::size_t call = 0; call < calls; ++call) {
                start.arrive_and_wait();
                results[caller][call] = network(images[(caller + call) % images.size()]);
            }
        });
    for (std::thread& thread : threads) thread.join();
    for (std::size_t caller = 0; caller < callers; ++caller)
        for (std::size_t call = 0; call < calls; ++call) {
            CAPTURE(caller);
            CAPTURE(call);
            CHECK(results[caller][call] == expected[(caller + call) % images.size()]);
        }
}

template <class Network>
void check_threads() {
    const Model<Network> model;
    for (const int threads : {1, 2}) {
        CAPTURE(threads);
        check_concurrent_calls(Inference<Network>{model, threads});
    }
    const Image image = noise({3, 64, 96}, 5);
    CHECK(Inference<Network>{model, 1}(image) == Inference<Network>{model, 2}(image));
}

}  // namespace

TEST_CASE("concurrent calls of one inference: the depixelizer") { check_threads<Depixelizer>(); }

TEST_CASE("concurrent calls of one inference: a U-Net with Winograd's convolutions") {
    CHECK(depix_test::uses_winograd<SmallUNet>());
    check_threads<SmallUNet>();
}
