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
//
//     lesson [RESULTS.svg]
#include <cstdio>

#include "../picture_table.hpp"
#include "../strokes.hpp"

using namespace depix;

// Down to a quarter of the pixels, and up again.
template <class... Inner>
using Around = Sequential<Conv<1, 8>, ReLU, Inner..., ReLU, Conv<8, 1>>;
using Bottleneck = Sequential<MaxPool<2>, Conv<8, 16>, ReLU, ConvTranspose<16, 8, 2, Stride<2>>>;

using WithoutSkip = Around<Bottleneck>;
using WithSkip = Around<Residual<Bottleneck>>;
static_assert(WithoutSkip::parameter_count == WithSkip::parameter_count);

int main(int count, char** arguments) {
    constexpr int steps = 1500;
    const auto nothing = [](const Image& picture) { return picture; };
    const Model<WithoutSkip> without = train_on_strokes<WithoutSkip>(steps, 2);
    const Model<WithSkip> with = train_on_strokes<WithSkip>(steps, 2);
    const Inference<WithoutSkip, Reference> restore_without(without, 1);
    const Inference<WithSkip, Reference> restore_with(with, 1);
    const double worse = psnr_on_strokes(restore_without, 2), better = psnr_on_strokes(restore_with, 2);
    std::printf("pixelated                        %.2f dB\n", psnr_on_strokes(nothing, 2));
    std::printf("restored, no skip: %5zu weights %.2f dB\n", WithoutSkip::parameter_count, worse);
    std::printf("restored, a sum:   %5zu weights %.2f dB\n", WithSkip::parameter_count, better);

    if (count > 1) {
        PictureTable table({"clean", "pixelated", "no skip", "a sum"}, 96);
        Random random(2);
        for (int row = 0; row < 3; ++row) {
            const Image clean = draw_strokes(random), given = pixelate(clean, 2);
            table.add_row({clean, given, restore_without(given), restore_with(given)});
        }
        table.save(arguments[1]);
    }
    return better > worse ? 0 : 1;
}
