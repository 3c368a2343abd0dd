// train: the networks that keep a picture's size.
#include "train.hpp"

#include "depix/models/denoiser.hpp"
#include "depix/models/inpainter.hpp"

namespace {

/// Charbonnier's loss inside the holes: the mean over each picture's holes, then over the pictures, so that a picture
/// with a few scratches counts as much as one with a wide hole. Outside the holes the inpainter's output is its input,
/// which is the target, so pixels that differ are in holes.
struct CharbonnierInHoles {
    static constexpr const char* name = "Charbonnier's, in holes";

    template <class T>
    double add(depix::View<const T> y, depix::View<const T> t, depix::View<T> dy, double weight) const {
        const depix::Charbonnier loss;
        double total = 0;
        for (int n = 0; n < y.batch; ++n) {
            const auto each = [&](auto&& call) {
                for (int c = 0; c < y.channels; ++c)
                    for (int i = 0; i < y.height; ++i)
                        for (int j = 0; j < y.width; ++j)
                            if (y(n, c, i, j) != t(n, c, i, j)) call(c, i, j);
            };
            double sum = 0, count = 0;
            each([&](int c, int i, int j) {
                sum += static_cast<double>(loss.value(y(n, c, i, j), t(n, c, i, j)));
                ++count;
            });
            if (count == 0) continue;
            total += sum / count;
            if (dy.data == nullptr) continue;
            const T factor = static_cast<T>(weight / count / y.batch);
            each([&](int c, int i, int j) { dy(n, c, i, j) += factor * loss.gradient(y(n, c, i, j), t(n, c, i, j)); });
        }
        return total / y.batch;
    }
};

}  // namespace

int example::train(const TrainOptions& options) {
    if (options.task.scale > 1) return train_enlarger(options);
    return options.task.measured == Measured::Holes ? train_network<depix::Inpainter>(options, CharbonnierInHoles{})
                                                    : train_network<depix::Denoiser>(options, depix::Charbonnier{});
}
