// AdversarialTrainer: two networks that learn from each other (Goodfellow et al. 2014).
//
// The generator restores a picture. The discriminator looks at a picture and says how much it looks like a real one. In
// every step the discriminator first learns to tell the data set's pictures from the generator's; then the generator
// learns to please both the data (its content loss) and the discriminator (the adversarial loss). The gradient of the
// latter comes to the generator through the discriminator, which is not changed by it.
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "depix/error.hpp"
#include "depix/inference.hpp"
#include "depix/tensor.hpp"
#include "depix/train/feature_loss.hpp"
#include "depix/train/optimizer.hpp"
#include "depix/train/training_pass.hpp"

namespace depix {

/// How the discriminator learns from a batch of real pictures and a batch of the generator's.
enum class DiscriminatorUpdate {
    Together,  ///< One step with the mean of the two losses.
    InTurn     ///< A step for the real ones, then a step for the generator's: Keras's train_on_batch twice, DE-GAN.
};

struct AdversarialOptions {
    double content_weight = 1;
    double adversarial_weight = 1e-3;
    double real_label = 1;  ///< What the discriminator shall say of real pictures; 0.9: one-sided label smoothing
                            ///< (Salimans et al. 2016), so that it is never too sure.
    DiscriminatorUpdate update = DiscriminatorUpdate::Together;
    int discriminator_every = 1;  ///< The discriminator learns in every so many-th step,
    int generator_every = 1;      ///< and the generator in every so many-th.
    double average_decay = 0;     ///< Of the generator's moving average, such as 0.999; 0: there is none.
};

/// What a step has measured; a loss that the step did not compute is that of the last step that did.
struct AdversarialLosses {
    double discriminator_real = 0;  ///< Of the discriminator, on real pictures,
    double discriminator_fake = 0;  ///< and on the generator's.
    double content = 0;             ///< Of the generator, without its weight,
    double adversarial = 0;         ///< likewise.
};

namespace detail {

inline void check_options(const AdversarialOptions& options) {
    if (options.discriminator_every < 1 || options.generator_every < 1)
        throw Error("depix: the discriminator learns every " + std::to_string(options.discriminator_every) +
                    " steps and the generator every " + std::to_string(options.generator_every) +
                    "; both must be at least 1");
}

/// Throws ShapeError unless the generator makes pictures like `real` of x; of the same size if the discriminator sees
/// both.
template <Module Generator, bool Conditional, class T>
void check_pairs(const View<const T>& x, const View<const T>& real) {
    const Shape expected = Inference<Generator, Reference, T>::output_shape(x.shape());
    if (x.batch < 1 || real.batch != x.batch || real.shape() != expected ||
        (Conditional && !(x.height == real.height && x.width == real.width)))
        throw ShapeError("depix: the generator turns " + std::to_string(x.batch) + " pictures of " +
                         to_string(x.shape()) + " into pictures of " + to_string(expected) + ", but there are " +
                         std::to_string(real.batch) + " targets of " + to_string(real.shape()) +
                         (Conditional ? "; the discriminator sees both, so they must be of one size" : ""));
}

}  // namespace detail

/// Trains a generator against a discriminator:
///
///     AdversarialTrainer trainer{generator, discriminator, MeanSquaredError{}, BinaryCrossEntropy{},
///                                Adam{.learning_rate = 1e-4}, Adam{.learning_rate = 1e-4}};
///     for (const auto& [degraded, clean] : batches) AdversarialLosses losses = trainer.step(degraded, clean);
///
/// `content` compares the generator's pictures with the clean ones: any loss, also FeatureLoss and SumOfLosses.
/// `adversarial` compares what the discriminator says with 1 (real) or 0: MeanSquaredError (least squares, Mao et al.
/// 2017), BinaryCrossEntropy behind a Sigmoid, BinaryCrossEntropyWithLogits without.
///
/// A discriminator that takes as many channels as the generator gives sees pictures alone; one that takes those of the
/// generator's input besides sees the pair (candidate, degraded), as in a conditional GAN (Isola et al. 2017).
///
/// Both models are changed in place and must outlive the trainer. Same seed, same threads: same weights, bit for bit.
template <Module Generator, Module Discriminator, class Content, ElementwiseLoss Adversarial, class Optimizer,
          class Backend = Cpu, class T = float>
class AdversarialTrainer {
    using GeneratorPass = TrainingPass<Generator, Backend, T>;
    using DiscriminatorPass = TrainingPass<Discriminator, Backend, T>;

    static constexpr int candidate_channels = Generator::out_channels(Generator::in_channels);
    static constexpr int condition_channels = Discriminator::in_channels - candidate_channels;
    static_assert(condition_channels == 0 || condition_channels == Generator::in_channels,
                  "depix: the discriminator takes the generator's output, or that and the generator's input");

  public:
    /// Whether the discriminator sees what the generator was given, too.
    static constexpr bool conditional = condition_channels > 0;

    AdversarialTrainer(Model<Generator, T>& generator, Model<Discriminator, T>& discriminator, Content content,
                       Adversarial adversarial, Optimizer generator_settings, Optimizer discriminator_settings,
                       const AdversarialOptions& chosen = {}, Backend = {}, int threads = 0)
        : generator_optimizer(generator_settings),
          discriminator_optimizer(discriminator_settings),
          options(chosen),
          generator_(generator),
          discriminator_(discriminator),
          content_(std::move(content)),
          adversarial_(adversarial),
          threads_(threads > 0 ? threads : cpu::default_threads()),
          generator_gradients_(generator.parameters().size()),
          discriminator_gradients_(discriminator.parameters().size()),
          generator_state_(generator_settings.template start<T>(generator.parameters().size())),
          discriminator_state_(discriminator_settings.template start<T>(discriminator.parameters().size())) {
        detail::check_options(options);
        if (options.average_decay > 0) average_.emplace(generator);
    }

    /// Settings may change between steps: a schedule sets the learning rates.
    Optimizer generator_optimizer, discriminator_optimizer;
    AdversarialOptions options;

    /// One step on a batch: input (N, C, H, W), target (N, C', H', W'). Throws ShapeError for a wrong shape, and
    /// DivergenceError if a loss is not finite, before the network whose loss it is changes.
    template <class Input, class Target>
    AdversarialLosses step(const Input& input, const Target& target) {
        const View<const T> x = as_view(input), real = as_view(target);
        generate(x, real);
        if (steps_ % options.discriminator_every == 0) teach_discriminator(x, real);
        if (steps_ % options.generator_every == 0) teach_generator(x, real);
        ++steps_;
        return losses_;
    }

    Model<Generator, T>& generator() { return generator_; }
    const Model<Generator, T>& generator() const { return generator_; }
    Model<Discriminator, T>& discriminator() { return discriminator_; }
    const Model<Discriminator, T>& discriminator() const { return discriminator_; }
    /// The exponential moving average of the generator's weights, average = decay average + (1 - decay) weights, which
    /// often restores better than the last weights; nothing if options.average_decay was 0.
    std::optional<Model<Generator, T>>& average() { return average_; }
    const std::optional<Model<Generator, T>>& average() const { return average_; }

    /// The gradients of the last step, laid out as the models' parameters().
    std::span<const T> generator_gradients() const { return generator_gradients_; }
    std::span<const T> discriminator_gradients() const { return discriminator_gradients_; }
    /// What the generator made in the last step, (N, C', H', W').
    View<const T> output() const { return generator_pass_.output(); }

    OptimizerState<T>& generator_state() { return generator_state_; }
    const OptimizerState<T>& generator_state() const { return generator_state_; }
    OptimizerState<T>& discriminator_state() { return discriminator_state_; }
    const OptimizerState<T>& discriminator_state() const { return discriminator_state_; }
    std::int64_t& steps() { return steps_; }
    const std::int64_t& steps() const { return steps_; }
    /// Those of the last step.
    AdversarialLosses& losses() { return losses_; }
    const AdversarialLosses& losses() const { return losses_; }
    Random& random() { return random_; }
    const Random& random() const { return random_; }
    int threads() const { return threads_; }

  private:
    // The generator's candidates, kept with everything that its backward pass needs.
    void generate(View<const T> x, View<const T> real) {
        detail::check_pairs<Generator, conditional>(x, real);
        generator_pass_.prepare(x.batch, x.shape(), threads_);
        GeneratorPass::run(threads_, [&](cpu::Team team) { generator_pass_.forward(generator_, x, random_, team); });
    }

    // The discriminator learns to say real_label of real pictures and 0 of the generator's.
    void teach_discriminator(View<const T> x, View<const T> real) {
        const bool together = options.update == DiscriminatorUpdate::Together;
        const double weight = together ? 0.5 : 1;
        const auto learn = [&](View<const T> picture, double label) {
            const double loss = judge(picture, x, label, weight);
            check_finite(loss, "discriminator's loss", discriminator_pass_);
            discriminator_pass_.keep_statistics(discriminator_);
            DiscriminatorPass::run(threads_, [&](cpu::Team team) {
                discriminator_pass_.backward(discriminator_, std::span<T>(discriminator_gradients_), team);
            });
            return loss;
        };
        const auto update = [&] {
            discriminator_optimizer.step(discriminator_.parameters(), std::span<const T>(discriminator_gradients_),
                                         discriminator_state_);
        };
        std::ranges::fill(discriminator_gradients_, T(0));
        losses_.discriminator_real = learn(real, options.real_label);
        if (!together) {
            update();
            std::ranges::fill(discriminator_gradients_, T(0));
        }
        losses_.discriminator_fake = learn(generator_pass_.output(), 0);
        update();
    }

    // The generator learns to come near the real picture, and to make the discriminator say 1.
    void teach_generator(View<const T> x, View<const T> real) {
        const View<T> slope = generator_pass_.output_gradient();
        fill(slope, {});
        losses_.content = add_loss(content_, generator_pass_.output(), real, slope, options.content_weight);
        losses_.adversarial = judge(generator_pass_.output(), x, 1, options.adversarial_weight);
        check_finite(losses_.content + losses_.adversarial, "generator's loss", generator_pass_);
        // Through the discriminator to the picture that it saw; its own gradients are not even computed.
        DiscriminatorPass::run(threads_, [&](cpu::Team team) {
            discriminator_pass_.backward(discriminator_, {}, team, DiscriminatorPass::InputGradient::Wanted);
        });
        copy(discriminator_pass_.input_gradient().slice(0, candidate_channels), slope, true);

        std::ranges::fill(generator_gradients_, T(0));
        GeneratorPass::run(threads_, [&](cpu::Team team) {
            generator_pass_.backward(generator_, std::span<T>(generator_gradients_), team);
        });
        generator_pass_.keep_statistics(generator_);
        generator_optimizer.step(generator_.parameters(), std::span<const T>(generator_gradients_), generator_state_);
        if (average_) move_average();
    }

    // The discriminator's forward pass on a picture (and what it was made from), the loss of what it says against
    // `label`, and weight times the slope of that as the output's gradient.
    double judge(View<const T> picture, View<const T> condition, double label, double weight) {
        const Shape shape{Discriminator::in_channels, picture.height, picture.width};
        if (judged_.batch != picture.batch || judged_.shape != shape) {
            judged_ = Tensor<T>(picture.batch, shape);
            labels_ = Tensor<T>(picture.batch, Inference<Discriminator, Reference, T>::output_shape(shape));
        }
        copy(picture, judged_.view().slice(0, candidate_channels));
        if constexpr (conditional) copy(condition, judged_.view().slice(candidate_channels, condition_channels));
        discriminator_pass_.prepare(picture.batch, shape, threads_);
        DiscriminatorPass::run(threads_, [&](cpu::Team team) {
            discriminator_pass_.forward(discriminator_, std::as_const(judged_).view(), random_, team);
        });
        std::ranges::fill(labels_.data, static_cast<T>(label));
        const View<T> slope = discriminator_pass_.output_gradient();
        fill(slope, {});
        return add_loss(adversarial_, discriminator_pass_.output(), std::as_const(labels_).view(), slope, weight);
    }

    void move_average() {
        const T keep = static_cast<T>(options.average_decay), take = T(1) - keep;
        const std::span<const T> now = std::as_const(generator_).parameters();
        const std::span<T> average = average_->parameters();
        for (std::size_t i = 0; i < now.size(); ++i) average[i] = keep * average[i] + take * now[i];
        std::ranges::copy(std::as_const(generator_).statistics(), average_->statistics().begin());
        std::ranges::copy(std::as_const(generator_).batches_tracked(), average_->batches_tracked().begin());
    }

    template <class Pass>
    void check_finite(double loss, const char* which, const Pass& pass) const {
        if (std::isfinite(loss)) return;
        std::string message = "depix: the ";
        message.append(which).append(" is ").append(std::to_string(loss)).append(" at step ");
        throw DivergenceError(message.append(std::to_string(steps_ + 1)).append(pass.describe_first_bad_layer()));
    }

    Model<Generator, T>& generator_;
    Model<Discriminator, T>& discriminator_;
    Content content_;
    Adversarial adversarial_;
    int threads_;
    Random random_{1};
    std::vector<T> generator_gradients_, discriminator_gradients_;
    OptimizerState<T> generator_state_, discriminator_state_;
    std::optional<Model<Generator, T>> average_;
    std::int64_t steps_ = 0;
    AdversarialLosses losses_;
    GeneratorPass generator_pass_;
    DiscriminatorPass discriminator_pass_;
    Tensor<T> judged_, labels_;
};

}  // namespace depix
