// AdversarialTrainer: two networks that are trained against each other (Goodfellow et al. 2014).
//
// The generator restores an image. The discriminator judges whether an image looks like one of the data set. In every
// step the discriminator first learns to tell the data set's images from the generator's. Then the generator learns to
// approach the target (its content loss) and to make the discriminator accept its images (the adversarial loss). The
// gradient of the adversarial loss reaches the generator through the discriminator, but does not change the
// discriminator.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "depix/error.hpp"
#include "depix/finite.hpp"
#include "depix/plan/check.hpp"
#include "depix/train/feature_loss.hpp"
#include "depix/train/optimizer.hpp"
#include "depix/train/training_engine.hpp"

namespace depix {

/// How the discriminator is trained on a batch of real images and a batch of the generator's.
enum class DiscriminatorUpdate {
    Together,  ///< One step with the mean of the two losses.
    InTurn  ///< One step for the real images, then one for the generator's: Keras's train_on_batch twice, as in DE-GAN.
};

struct AdversarialOptions {
    double content_weight = 1;
    double adversarial_weight = 1e-3;
    double real_label = 1;  ///< The discriminator's target for real images; 0.9 is one-sided label smoothing
                            ///< (Salimans et al. 2016), which keeps its output from becoming overconfident.
    DiscriminatorUpdate update = DiscriminatorUpdate::Together;
    int discriminator_every = 1;  ///< The discriminator is updated once in so many steps.
    int generator_every = 1;      ///< The generator is updated once in so many steps.
    double average_decay = 0;     ///< Decay of the generator's moving average, such as 0.999; 0: there is none.
};

/// The losses of a step. A loss that the step did not compute keeps its value from the last step that did.
struct AdversarialLosses {
    double discriminator_real = 0;  ///< The discriminator's loss on real images.
    double discriminator_fake = 0;  ///< The discriminator's loss on the generator's images.
    double content = 0;             ///< The generator's content loss, without its weight.
    double adversarial = 0;         ///< The generator's adversarial loss, without its weight.
};

namespace detail {

inline void check_options(const AdversarialOptions& options) {
    if (options.discriminator_every < 1 || options.generator_every < 1)
        throw Error("depix: the discriminator learns every " + std::to_string(options.discriminator_every) +
                    " steps and the generator every " + std::to_string(options.generator_every) +
                    "; both must be at least 1");
    check_average_decay(options.average_decay);
}

/// Throws ShapeError unless the generator turns x into images of `real`'s shape. If the discriminator sees both, x and
/// `real` must also have the same height and width.
template <Module Generator, bool Conditional, class T>
void check_pairs(const View<const T>& x, const View<const T>& real, int min_images) {
    const Shape expected = output_shape<Generator>(x.shape());
    if (x.batch < min_images || real.batch != x.batch || real.shape() != expected ||
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
/// `content` compares the generator's images with the clean ones. It may be any loss, including FeatureLoss and
/// SumOfLosses (on the GPU those of FeatureLoss<..., Cuda>). `adversarial` compares the discriminator's output with 1
/// (real) or 0. It may be MeanSquaredError (least squares, Mao et al. 2017), BinaryCrossEntropy if the discriminator
/// ends in Sigmoid, or BinaryCrossEntropyWithLogits if it does not.
///
/// A discriminator with as many input channels as the generator has output channels sees only images. If it also takes
/// the channels of the generator's input, it sees the pair (candidate, degraded), as in a conditional GAN (Isola et al.
/// 2017).
///
/// Both models must outlive the trainer. On the host they are changed in place. On the GPU the host's copy of each is
/// updated when it is requested and when the trainer is destroyed. In float16 each network's loss is scaled by its own
/// factor. The same seed and number of threads give the same weights, bit for bit. Throws DeviceError where there is no
/// GPU or too little memory. On many machines (mpi/distributed.hpp) each process trains on its share of every batch.
template <Module Generator, Module Discriminator, class Content, ElementwiseLoss Adversarial, class Optimizer,
          class Backend = Cpu, class T = float>
class AdversarialTrainer {
    using Engine = TrainingEngine<Backend, T>;

    static constexpr int candidate_channels = Generator::out_channels(Generator::in_channels);
    static constexpr int condition_channels = Discriminator::in_channels - candidate_channels;
    static_assert(condition_channels == 0 || condition_channels == Generator::in_channels,
                  "depix: the discriminator takes the generator's output, or that and the generator's input");

  public:
    using BackendType = Backend;

    /// Whether the discriminator also sees the generator's input.
    static constexpr bool conditional = condition_channels > 0;

    AdversarialTrainer(Model<Generator, T>& generator, Model<Discriminator, T>& discriminator, Content content,
                       Adversarial adversarial, Optimizer generator_settings, Optimizer discriminator_settings,
                       const AdversarialOptions& chosen = {}, const Backend& backend = {}, int threads = 0)
        : generator_optimizer(generator_settings),
          discriminator_optimizer(discriminator_settings),
          options(chosen),
          engine_(backend, threads),
          generator_(engine_, generator, generator_settings, {.average_decay = chosen.average_decay}),
          discriminator_(engine_, discriminator, discriminator_settings),
          content_(std::move(content)),
          adversarial_(adversarial) {
        detail::check_options(options);
        detail::check_loss(content_);
        detail::check_loss(adversarial_);
        if constexpr (requires { engine_.check_same(std::array<double, 7>{}, ""); })
            engine_.check_same(
                std::array{chosen.content_weight, chosen.adversarial_weight, chosen.real_label,
                           static_cast<double>(chosen.update), static_cast<double>(chosen.discriminator_every),
                           static_cast<double>(chosen.generator_every), chosen.average_decay},
                "AdversarialOptions");
    }
    AdversarialTrainer(const AdversarialTrainer&) = delete;
    AdversarialTrainer& operator=(const AdversarialTrainer&) = delete;

    /// Settings may change between steps. A schedule, for example, sets the learning rates.
    Optimizer generator_optimizer, discriminator_optimizer;
    AdversarialOptions options;

    /// One step on a batch: input (N, C, H, W), target (N, C', H', W'). Throws ShapeError for a wrong shape, and
    /// DivergenceError if a loss is not finite; the network with this loss is then unchanged.
    template <class Input, class Target>
    AdversarialLosses step(const Input& input, const Target& target) {
        begin(as_view(input), as_view(target));
        engine_.run([&](auto lane) { generator_.forward(engine_.input(), lane); });
        const bool discriminator_learns = steps_ % options.discriminator_every == 0;
        const bool generator_learns = steps_ % options.generator_every == 0;
        if (discriminator_learns) update_discriminator();
        if (generator_learns) update_generator();
        if (discriminator_learns)
            std::tie(losses_.discriminator_real, losses_.discriminator_fake) = checked_losses(discriminator_);
        if (generator_learns) std::tie(losses_.content, losses_.adversarial) = checked_losses(generator_);
        ++steps_;
        return losses_;
    }

    Model<Generator, T>& generator() { return generator_.model(); }
    const Model<Generator, T>& generator() const { return generator_.model(); }
    Model<Discriminator, T>& discriminator() { return discriminator_.model(); }
    const Model<Discriminator, T>& discriminator() const { return discriminator_.model(); }
    /// The exponential moving average of the generator's weights, average = decay average + (1 - decay) weights, which
    /// often restores better than the last weights. It is empty if options.average_decay was 0.
    std::optional<Model<Generator, T>>& average() { return generator_.average(); }
    const std::optional<Model<Generator, T>>& average() const { return generator_.average(); }

    /// The gradients of the last step, laid out as the models' parameters(): a std::span, or a std::vector that is
    /// fetched from the device.
    auto generator_gradients() const { return generator_.gradients(); }
    auto discriminator_gradients() const { return discriminator_.gradients(); }
    /// The generator's output in the last step, (N, C', H', W'): a View, or a Tensor that is fetched from the device.
    auto output() const { return generator_.fetch_output(); }

    OptimizerState<T>& generator_state() { return generator_.state(); }
    const OptimizerState<T>& generator_state() const { return generator_.state(); }
    OptimizerState<T>& discriminator_state() { return discriminator_.state(); }
    const OptimizerState<T>& discriminator_state() const { return discriminator_.state(); }
    std::int64_t& steps() { return steps_; }
    const std::int64_t& steps() const { return steps_; }
    /// The losses of the last step.
    AdversarialLosses& losses() { return losses_; }
    const AdversarialLosses& losses() const { return losses_; }
    Random& random() { return random_; }
    const Random& random() const { return random_; }
    int threads() const { return engine_.threads(); }
    /// The backend's part of the trainer; mpi/fit.hpp asks it for the ranks.
    const Engine& engine() const { return engine_; }

  private:
    // Makes room for the batch and the networks' passes, and passes the batch to the engine.
    void begin(View<const T> x, View<const T> real) {
        detail::check_pairs<Generator, conditional>(x, real, Engine::min_images);
        engine_.prepare(x.batch, x.shape(), real.shape());
        generator_.prepare(x.batch, x.shape());
        generator_.prepare_loss(content_, x.batch, real.shape());
        discriminator_.prepare(x.batch, {Discriminator::in_channels, real.height, real.width});
        engine_.send(x, real);
        generator_.draw_from(random_);
    }

    // Trains the discriminator to output real_label for real images and 0 for the generator's.
    void update_discriminator() {
        const bool together = options.update == DiscriminatorUpdate::Together;
        const auto learn = [&](auto images, double label, std::size_t which) {
            judge(images, label, together ? 0.5 : 1, discriminator_, which);
            if (!discriminator_.finite()) checked_losses(discriminator_);
            engine_.run([&](auto lane) { discriminator_.backward(lane); });
            discriminator_.finish_backward();
            discriminator_.keep_statistics();
        };
        const auto update = [&] {
            discriminator_.begin_update(discriminator_optimizer, together ? 2 : 1);
            discriminator_.update();
        };
        discriminator_.begin_step();
        learn(engine_.target(), options.real_label, 0);
        if (!together) {
            update();
            discriminator_.clear_gradients();
        }
        learn(generator_.pass().output(), 0, 1);
        update();
        discriminator_.end_step();
    }

    // Trains the generator to approach the real image and to make the discriminator output 1.
    void update_generator() {
        generator_.begin_step();
        generator_.set_loss(content_, engine_.target(), options.content_weight, generator_.losses(), 0);
        judge(generator_.pass().output(), 1, options.adversarial_weight, generator_, 1);
        if (!generator_.finite()) checked_losses(generator_);
        engine_.run([&](auto lane) { discriminator_.backward_to_input(lane); });
        engine_.copy(discriminator_.pass().input_gradient().slice(0, candidate_channels),
                     generator_.pass().output_gradient(), true);
        engine_.run([&](auto lane) { generator_.backward(lane); });
        generator_.finish_backward();
        generator_.begin_update(generator_optimizer);
        generator_.update();
        generator_.keep_statistics();
        generator_.end_step();
        if (generator_.averaged()) generator_.move_average(options.average_decay);
    }

    // Runs the discriminator's forward pass on images (and on the input that they were made from). Stores in `learner`
    // the loss of its output against `label`, and computes `weight` times that loss's gradient at the discriminator's
    // output.
    template <class Images, class Learner>
    void judge(Images images, double label, double weight, Learner& learner, std::size_t which) {
        engine_.copy(images, discriminator_.pass().input().slice(0, candidate_channels));
        if constexpr (conditional)
            engine_.copy(engine_.input(), discriminator_.pass().input().slice(candidate_channels, condition_channels));
        discriminator_.draw_from(random_);
        engine_.run([&](auto lane) { discriminator_.forward(lane); });
        discriminator_.set_loss(adversarial_, label, weight, learner.losses(), which);
    }

    // Returns the two losses of a network's step. Throws DivergenceError if one is not finite.
    template <class Learner>
    std::pair<double, double> checked_losses(Learner& learner) {
        const auto [first, second] = learner.fetch_losses();
        if (is_finite(first + second)) return {first, second};
        learner.take_back_update();
        std::string message = "depix: the ";
        message.append(static_cast<void*>(&learner) == &generator_ ? "generator" : "discriminator");
        message.append("'s loss is ").append(std::to_string(first + second)).append(" at step ");
        throw DivergenceError(message.append(std::to_string(steps_ + 1)).append(learner.describe_first_bad_layer()));
    }

    Engine engine_;
    TrainedNetwork<Generator, Optimizer, Backend, T> generator_;
    TrainedNetwork<Discriminator, Optimizer, Backend, T> discriminator_;
    Content content_;
    Adversarial adversarial_;
    Random random_{1};
    std::int64_t steps_ = 0;
    AdversarialLosses losses_;
};

}  // namespace depix
