// The solution of lesson 5's exercise: 2 maps of 12x12. A stroke's place is exact to a pixel. In a map of 6x6 it must
// be kept in the values of the maps, in one of 12x12 most of it is in the place of the value. So the size of a
// bottleneck is not only a count. Fewer weights do, because they need not code places.
#include <cstdio>

#include "../strokes.hpp"

using namespace depix;

// 8 maps of 6x6, 288 numbers.
using TheirEncoder = Sequential<Conv<1, 16, 3, Stride<2>>, ReLU, Conv<16, 8, 3, Stride<2>>>;
using TheirDecoder = Sequential<ConvTranspose<8, 16, 2, Stride<2>>, ReLU, ConvTranspose<16, 1, 2, Stride<2>>>;
using Theirs = Sequential<TheirEncoder, TheirDecoder>;

// 2 maps of 12x12, 288 numbers.
using OurEncoder = Sequential<Conv<1, 16>, ReLU, Conv<16, 2, 3, Stride<2>>>;
using OurDecoder = Sequential<ConvTranspose<2, 16, 2, Stride<2>>, ReLU, Conv<16, 1>>;
using Ours = Sequential<OurEncoder, OurDecoder>;

static_assert(Ours::output({1, 24, 24}) == Shape{1, 24, 24});
static_assert(OurEncoder::output({1, 24, 24}).size() <= TheirEncoder::output({1, 24, 24}).size());
static_assert(Ours::parameter_count <= Theirs::parameter_count);

int main() {
    const double theirs = trained_psnr<Theirs>(3000, 1), ours = trained_psnr<Ours>(3000, 1);
    std::printf("theirs: %.2f dB, ours: %.2f dB\n", theirs, ours);
    return ours > theirs ? 0 : 1;
}
