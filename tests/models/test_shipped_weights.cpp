// The weights that ship with the first example, on the pictures that ship with it.
#include <doctest/doctest.h>

#include "depix/data/metrics.hpp"
#include "depix/data/pair_folder.hpp"
#include "depix/inference.hpp"
#include "depix/io/safetensors.hpp"
#include "depix/models/depixelizer.hpp"

using namespace depix;

TEST_CASE("the shipped depixelizer brings the sample pictures closer to the clean ones, on both backends") {
    const std::string example = std::string(DEPIX_SOURCE_DIR) + "/examples/01_depixelizer";
    Model<Depixelizer> model;
    load(model, example + "/depixelizer.safetensors");
    const Inference<Depixelizer, Cpu> fast{model, 1};
    const Inference<Depixelizer, Reference> plain{model};

    const PairFolder samples(example + "/samples", {.channels = 3});
    REQUIRE(samples.size() == 6);
    double before = 0, after = 0;
    for (std::size_t i = 0; i < samples.size(); ++i) {
        const auto [clean, damaged] = samples.read(i);
        const Image restored = fast(damaged);
        before += mean_squared_error(damaged, clean) / 6;
        after += mean_squared_error(restored, clean) / 6;
        // Sums of at most 600 products of numbers below 10: a few hundred units of 2^-24 at the very most.
        CHECK(root_mean_squared_error(restored, plain(damaged)) < 1e-5);
    }
    CHECK(decibels(after) > decibels(before) + 1);
}
