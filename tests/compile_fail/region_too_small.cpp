// expect: depix: this array is smaller than the maps that the network keeps in it
// expect: region_too_small<.*large_region.*needs_bytes<3072>.*has_bytes<3068>
#include <depix/models/depixelizer.hpp>  // for the layers
#include <depix/region_inference.hpp>
using namespace depix;

// A map of 3x16x16 of float.
using Restore = RegionInference<Sequential<Conv<1, 3>, Conv<3, 1>>, Shape{1, 16, 16}, 0>;
static float large[3 * 16 * 16 - 1];

void restore(const float* weights, const float* picture, float* restored) {
    Restore::run(weights, nullptr, picture, restored, large);
}
