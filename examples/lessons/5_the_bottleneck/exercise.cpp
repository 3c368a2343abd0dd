// The exercise of lesson 5: a bottleneck has a width, but also a height. Write an autoencoder that copies better than
// `Theirs`, with no more numbers in its bottleneck and no more weights. The program returns 0 when it is better.
//
// A hint: 288 numbers can be 8 maps of 6x6. What else can they be?
#include <cstdio>

#include "../strokes.hpp"

using namespace depix;

// 8 maps of 6x6, 288 numbers.
using TheirEncoder = Sequential<Conv<1, 16, 3, Stride<2>>, ReLU, Conv<16, 8, 3, Stride<2>>>;
using TheirDecoder = Sequential<ConvTranspose<8, 16, 2, Stride<2>>, ReLU, ConvTranspose<16, 1, 2, Stride<2>>>;
using Theirs = Sequential<TheirEncoder, TheirDecoder>;

using OurEncoder = TheirEncoder;  // your types
using OurDecoder = TheirDecoder;
using Ours = Sequential<OurEncoder, OurDecoder>;

static_assert(Ours::output({1, 24, 24}) == Shape{1, 24, 24});
static_assert(OurEncoder::output({1, 24, 24}).size() <= TheirEncoder::output({1, 24, 24}).size());
static_assert(Ours::parameter_count <= Theirs::parameter_count);

int main() {
    const double theirs = trained_psnr<Theirs>(3000, 1), ours = trained_psnr<Ours>(3000, 1);
    std::printf("theirs: %.2f dB, ours: %.2f dB\n", theirs, ours);
    return ours > theirs ? 0 : 1;
}
