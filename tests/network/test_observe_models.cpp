// observe on the networks of the examples, at small widths and sizes.
#include "observe_check.hpp"

using namespace depix_test;

TEST_CASE("the depixelizer") {
    check_observed<Depixelizer>({3, 16, 40});
    const auto names = layer_names<Depixelizer>();
    CHECK(names.front() == "encoder.0");
    CHECK(names.back() == "decoder.7");
}

TEST_CASE("the documents autoencoder") { check_observed<DocumentsAutoencoder>({1, 20, 28}); }

TEST_CASE("the pixel-shuffle U-Net") {
    check_observed<PixelShuffleUNet<8, 3, 3>>({3, 16, 24});
    const auto names = layer_names<PixelShuffleUNet<8, 3, 3>>();
    CHECK(std::ranges::find(names, "enc.0.0") != names.end());
    CHECK(std::ranges::find(names, "concatenate_2") != names.end());
}

TEST_CASE("DE-GAN") { check_observed<DeGanGenerator<4>>({1, 16, 32}); }

TEST_CASE("SRResNet") { check_observed<SRResNet<8, 2>>({3, 6, 10}); }

TEST_CASE("RRDB") { check_observed<RRDB<4, 2>>({3, 5, 6}); }

TEST_CASE("the denoiser") { check_observed<Denoiser>({3, 12, 20}); }

TEST_CASE("the page cleaner") { check_observed<PageCleaner>({1, 16, 24}); }
