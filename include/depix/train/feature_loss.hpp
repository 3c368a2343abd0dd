// FeatureLoss: a loss of a trained network's features.
#pragma once

#include <utility>

#include "depix/error.hpp"
#include "depix/models/vgg19.hpp"
#include "depix/tensor.hpp"
#include "depix/train/batch_loss.hpp"
#include "depix/train/training_pass.hpp"

namespace depix {

/// Compares two pictures by a fixed network's features: the loss of its feature maps f(y) and f(t). With VGG19 it is
/// the perceptual loss of Johnson et al. (2016) and of SRGAN (Ledig et al. 2017), where the maps are scaled by 1/12.75:
///
///     Model<Vgg54> vgg;
///     load(vgg, "vgg19.safetensors", {.name_map = vgg19_part<Vgg54>});
///     FeatureLoss<Vgg54, Scaled<MeanSquaredError, std::ratio<4, 51>>> content(vgg, VggInput::caffe);
///
/// The gradient passes through the network to the picture. The network itself is not changed, and must outlive the
/// loss. `input` converts a picture to the network's input. Pictures have three channels.
template <Module Features, ElementwiseLoss Loss = MeanSquaredError, class Backend = Cpu, class T = float>
class FeatureLoss {
    using Pass = TrainingPass<Features, Backend, T>;

  public:
    static constexpr const char* name = "feature loss";

    explicit FeatureLoss(const Model<Features, T>& features, ChannelMap input = {}, int threads = 0)
        : features_(features), input_(input), threads_(threads > 0 ? threads : cpu::default_threads()) {}

    double add(View<const T> y, View<const T> t, View<T> dy, double weight) {
        look_at(t);
        const View<const T> features = pass_.output();
        if (target_.batch != features.batch || target_.shape != features.shape())
            target_ = Tensor<T>(features.batch, features.shape());
        copy(features, target_.view());

        look_at(y);
        const View<T> gradient = dy.data ? pass_.output_gradient() : View<T>{};
        if (dy.data) fill(gradient, {});
        Loss elementwise;
        const double loss = add_loss(elementwise, pass_.output(), std::as_const(target_).view(), gradient, weight);
        if (!dy.data) return loss;
        Pass::run(threads_, [&](cpu::Team team) { pass_.backward(features_, {}, team, Pass::InputGradient::Wanted); });
        for (int c = 0; c < 3; ++c) {
            const auto channel = static_cast<std::size_t>(c);
            add_scaled(pass_.input_gradient().slice(c, 1), static_cast<T>(input_.scale[channel]),
                       dy.slice(input_.source[channel], 1));
        }
        return loss;
    }

  private:
    void look_at(View<const T> image) {
        const Shape shape = image.shape();
        if (shape.channels != 3 || Features::output(shape).size() == 0)
            throw ShapeError("depix: a feature loss of pictures of " + to_string(shape) +
                             ": they must have 3 channels, and be large enough for the network that looks at them");
        if (prepared_.batch != image.batch || prepared_.shape != shape) prepared_ = Tensor<T>(image.batch, shape);
        for (int c = 0; c < 3; ++c) {
            const auto channel = static_cast<std::size_t>(c);
            const T scale = static_cast<T>(input_.scale[channel]), offset = static_cast<T>(input_.offset[channel]);
            const View<const T> from = image.slice(input_.source[channel], 1);
            const View<T> to = prepared_.view().slice(c, 1);
            for (int n = 0; n < to.batch; ++n)
                for (int i = 0; i < to.height; ++i)
                    for (int j = 0; j < to.width; ++j) to(n, 0, i, j) = scale * from(n, 0, i, j) + offset;
        }
        pass_.prepare(image.batch, shape, threads_);
        Pass::run(threads_,
                  [&](cpu::Team team) { pass_.forward(features_, std::as_const(prepared_).view(), random_, team); });
    }

    static void add_scaled(View<const T> from, T factor, View<T> to) {
        for (int n = 0; n < to.batch; ++n)
            for (int i = 0; i < to.height; ++i)
                for (int j = 0; j < to.width; ++j) to(n, 0, i, j) += factor * from(n, 0, i, j);
    }

    const Model<Features, T>& features_;
    ChannelMap input_;
    int threads_;
    Random random_;  // for layers that draw random numbers; a feature network has none
    Pass pass_;
    Tensor<T> prepared_, target_;
};

}  // namespace depix
