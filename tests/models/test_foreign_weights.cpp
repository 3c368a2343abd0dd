// Weights that others trained, in a network that an example defines in one screen, give PyTorch's output.
#include "../../examples/04_srgan/foreign.hpp"

#include "depix/io/identify.hpp"
#include "depix/io/weights_file.hpp"
#include "depix/models/compact.hpp"
#include "golden_check.hpp"

using namespace depix_test;

namespace {

template <class Backend>
void check_foreign() {
    const std::string folder = std::string(DEPIX_SHARED_DIR) + "/weights/";
    if (!have(folder + "srgan_x4.safetensors")) return;
    Model<example::ForeignSrgan> model;
    load(model, folder + "srgan_x4.safetensors");
    const SafetensorsFile golden = SafetensorsFile::read(folder + "srgan_x4_golden.safetensors");
    const Inference<example::ForeignSrgan, Backend> network(model);
    Tensor<float> image = network(tensor(golden, "input"));
    for (float& value : image.data) value = (value + 1) / 2;
    // Both compute in float, with rounding in 17 convolutions of up to 5,184 terms, on values in 0..1.
    CHECK(largest_difference({image.data.begin(), image.data.end()}, golden.values<float>("output")) < 2e-5);
}

}  // namespace

TEST_CASE("the import of a foreign SRGAN reaches its golden output") {
    check_foreign<Cpu>();
    check_foreign<Reference>();
}

TEST_CASE("PyTorch's file of a published Compact reaches its golden output") {
    const std::string file = std::string(DEPIX_SHARED_DIR) + "/weights/zoo/2x-AniScale";
    if (!have(file + ".pth")) return;
    using Network = Compact<64, 16, 2>;
    CHECK(identify(read_weights(file + ".pth")).type == "Compact<64, 16, 2>");
    Model<Network> model;
    load(model, file + ".pth");
    const SafetensorsFile golden = SafetensorsFile::read(file + ".golden.safetensors");
    const Tensor<float> image = Inference<Network>{model}(tensor(golden, "input"));
    const std::vector<float> exact = golden.values<float>("output_f64");
    // PyTorch's own rounding is the measure: Winograd's transforms add a few roundings to those of PyTorch's sums.
    const double pytorch = largest_difference(golden.values<float>("output"), exact);
    CHECK(largest_difference({image.data.begin(), image.data.end()}, exact) < 4 * pytorch);
}
