// Weights that others trained, in a network that an example defines in one screen, give PyTorch's output.
#include "../../examples/04_srgan/foreign.hpp"

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
