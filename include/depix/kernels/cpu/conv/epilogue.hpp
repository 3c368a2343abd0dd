// What is done with a convolution's sums before they are stored: bias, rectifier, and where they are written.
#pragma once

#include <limits>

#include "depix/kernels/cpu/rectify.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

/// What happens to a sum before it is stored: y = rectify(sum + bias) (+ y, if accumulating).
struct Epilogue {
    const float* bias = nullptr;  ///< (Out), or nullptr
    kernels::Rectifier rectifier{};
    bool accumulate = false;
    bool padded = true;  ///< y's rows end in padding that may, and must, be set to zero
    /// Pointwise and depthwise convolutions cut off their results here. (In the other kernels a Clamp is a formula.)
    float low = -std::numeric_limits<float>::infinity();
    float high = std::numeric_limits<float>::infinity();
};

/// min(max(v, low), high); NaN stays NaN.
DEPIX_INLINE Vector limit(Vector v, const Epilogue& epilogue) {
    const Vector low = broadcast(epilogue.low), high = broadcast(epilogue.high);
    v = v < low ? low : v;
    return v > high ? high : v;
}

DEPIX_INLINE void finish(float* to, Vector sum, int count, const Epilogue& epilogue) {
    Vector v = rectify(sum, epilogue.rectifier);
    if (epilogue.accumulate) v += load(to);
    store_tail(to, v, count, epilogue.padded);
}

/// The same for two vectors that become one row's even and odd pixels.
DEPIX_INLINE void finish_interleaved(float* to, Vector even, Vector odd, int count, const Epilogue& epilogue) {
    finish(to, zip_low(even, odd), count, epilogue);
    if (count > vector_width) finish(to + vector_width, zip_high(even, odd), count - vector_width, epilogue);
}

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA
