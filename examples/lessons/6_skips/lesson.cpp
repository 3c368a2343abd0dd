// Lesson 6: skips.
//
// An autoencoder squeezes a picture through a small map. What does not fit is lost: above all where exactly an edge is.
// A skip leads a map around the small one, and joins it again:
//
//     Residual<F...>      x + F(x)       the maps are added, so F gives as many as it takes
//     SkipConcat<F...>    [x, F(x)]      the maps are put side by side, so the next layer takes more
//
// He et al. (2016, "Deep residual learning") added them so that deep networks train; Ronneberger et al. (2015, "U-Net")
// put them side by side so that positions survive. A sum needs no weights. So the same number of weights can be
// compared with and without it.
#include <cstdio>

#include "../strokes.hpp"

using namespace depix;

// Down to a quarter of the pixels, and up again.
template <class... Inner>
using Around = Sequential<Conv<1, 8>, ReLU, Inner..., ReLU, Conv<8, 1>>;
using Bottleneck = Sequential<MaxPool<2>, Conv<8, 16>, ReLU, ConvTranspose<16, 8, 2, Stride<2>>>;

using WithoutSkip = Around<Bottleneck>;
using WithSkip = Around<Residual<Bottleneck>>;
static_assert(WithoutSkip::parameter_count == WithSkip::parameter_count);

int main() {
    constexpr int steps = 1500;
    Random random(2);
    double error = 0;
    for (int i = 0; i < 100; ++i) {
        const Image clean = draw_strokes(random);
        error += squared_error(pixelate(clean, 2), clean) / 100;
    }
    std::printf("pixelated                        %.2f dB\n", psnr(error));
    const double without = trained_psnr<WithoutSkip>(steps), with = trained_psnr<WithSkip>(steps);
    std::printf("restored, no skip: %5zu weights %.2f dB\n", WithoutSkip::parameter_count, without);
    std::printf("restored, a sum:   %5zu weights %.2f dB\n", WithSkip::parameter_count, with);
    return with > without ? 0 : 1;
}
