// expect: depix: this backend computes several layers in one step
// expect: observe an Inference<Network, Unfused<Cpu>> or an Inference<Network, Reference>
#include <depix/depix.hpp>
using namespace depix;

void look(const Inference<Depixelizer, Cpu>& inference, const Image& image) {
    observe(inference, image, [](std::string_view, std::string_view, View<const float>) {});
}
