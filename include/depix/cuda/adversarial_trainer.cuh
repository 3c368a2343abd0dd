// AdversarialTrainer<..., Cuda>: two networks that learn from each other, both on the device.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "depix/cuda/content_loss.cuh"
#include "depix/cuda/device_model.cuh"
#include "depix/train/adversarial_trainer.hpp"

namespace depix {

/// Trains a generator against a discriminator on the GPU; what a step is, train/adversarial_trainer.hpp says.
///
/// The weights live on the device; each model is brought up to date when it is asked for, and at the end. In float16
/// the losses of the two are scaled each by its own factor (step_state.cuh). Content losses are those of single
/// elements, FeatureLoss<..., Cuda>, and sums of such. Throws DeviceError where there is no GPU or too little memory.
template <Module Generator, Module Discriminator, class Content, ElementwiseLoss Adversarial, class Optimizer,
          class Precision>
class AdversarialTrainer<Generator, Discriminator, Content, Adversarial, Optimizer, CudaWith<Precision>, float> {
    using Backend = CudaWith<Precision>;
    using GeneratorPass = TrainingPass<Generator, Backend, float>;
    using DiscriminatorPass = TrainingPass<Discriminator, Backend, float>;

    static constexpr int candidate_channels = Generator::out_channels(Generator::in_channels);
    static constexpr int condition_channels = Discriminator::in_channels - candidate_channels;
    static_assert(condition_channels == 0 || condition_channels == Generator::in_channels,
                  "depix: the discriminator takes the generator's output, or that and the generator's input");

  public:
    /// Whether the discriminator sees what the generator was given, too.
    static constexpr bool conditional = condition_channels > 0;

    AdversarialTrainer(Model<Generator>& generator, Model<Discriminator>& discriminator, Content content,
                       Adversarial adversarial, Optimizer generator_settings, Optimizer discriminator_settings,
                       const AdversarialOptions& chosen = {}, Backend = {}, int /*threads*/ = 0)
        : generator_optimizer(generator_settings),
          discriminator_optimizer(discriminator_settings),
          options(chosen),
          content_(std::move(content)),
          adversarial_(adversarial),
          generator_(generator, generator_settings),
          discriminator_(discriminator, discriminator_settings),
          average_(generator, options.average_decay > 0) {
        detail::check_options(options);
        memory_.reserve(1);
        Report start;
        start.generator = start.discriminator = cuda::start_state<Precision>();
        cuda::upload(stream_, &start, memory_.data(), 1);
        stream_.wait();
    }
    AdversarialTrainer(const AdversarialTrainer&) = delete;
    AdversarialTrainer& operator=(const AdversarialTrainer&) = delete;
    ~AdversarialTrainer() {
        try {
            generator_.host(stream_);
            discriminator_.host(stream_);
        } catch (const DeviceError&) {  // whoever wanted to know has asked before
        }
    }

    /// Settings may change between steps: a schedule sets the learning rates.
    Optimizer generator_optimizer, discriminator_optimizer;
    AdversarialOptions options;

    /// One step on a batch: input (N, C, H, W), target (N, C', H', W'). Throws ShapeError for a wrong shape, and
    /// DivergenceError if a loss is not finite; the network whose loss it is has not changed then.
    template <class Input, class Target>
    AdversarialLosses step(const Input& input, const Target& target) {
        const View<const float> x = as_view(input), real = as_view(target);
        detail::check_pairs<Generator, conditional>(x, real);
        send(x, real);
        draw(generator_pass_);
        cuda::copy(stream_, degraded_, generator_pass_.input());
        generator_pass_.forward(generator_.parameters(), generator_.statistics(), stream_);
        const bool discriminator_learns = steps_ % options.discriminator_every == 0;
        const bool generator_learns = steps_ % options.generator_every == 0;
        if (discriminator_learns) teach_discriminator();
        if (generator_learns) teach_generator();
        finish(discriminator_learns, generator_learns);
        ++steps_;
        return losses_;
    }

    Model<Generator>& generator() { return generator_.host(stream_); }
    const Model<Generator>& generator() const { return generator_.host(stream_); }
    Model<Discriminator>& discriminator() { return discriminator_.host(stream_); }
    const Model<Discriminator>& discriminator() const { return discriminator_.host(stream_); }
    /// The exponential moving average of the generator's weights; nothing if options.average_decay was 0.
    std::optional<Model<Generator>>& average() { return average_.host(stream_, std::as_const(*this).generator()); }
    const std::optional<Model<Generator>>& average() const { return average_.host(stream_, generator()); }

    /// The gradients of the last step, laid out as the models' parameters(), brought from the device.
    std::vector<float> generator_gradients() const { return generator_.fetch_gradients(stream_); }
    std::vector<float> discriminator_gradients() const { return discriminator_.fetch_gradients(stream_); }

    OptimizerState<float>& generator_state() { return generator_.state(stream_); }
    const OptimizerState<float>& generator_state() const { return generator_.state(stream_); }
    OptimizerState<float>& discriminator_state() { return discriminator_.state(stream_); }
    const OptimizerState<float>& discriminator_state() const { return discriminator_.state(stream_); }
    std::int64_t& steps() { return steps_; }
    const std::int64_t& steps() const { return steps_; }
    /// Those of the last step.
    AdversarialLosses& losses() { return losses_; }
    const AdversarialLosses& losses() const { return losses_; }
    Random& random() { return random_; }
    const Random& random() const { return random_; }
    int threads() const { return 0; }

  private:
    // What a step says of itself, on the device; the losses are those of the networks that learnt in it.
    struct Report {
        cuda::StepState generator, discriminator;
        double real = 0, fake = 0, content = 0, adversarial = 0;
    };
    using Numbers = std::array<float, cuda::most_settings>;

    // The batch and the models to the device.
    void send(View<const float> x, View<const float> real) {
        const auto pictures = static_cast<std::size_t>(x.batch);
        const std::size_t input_size = cuda::align(pictures * x.shape().size());
        const std::size_t size = input_size + pictures * real.shape().size();
        generator_pass_.prepare(x.batch, x.shape());
        const Shape judged{Discriminator::in_channels, real.height, real.width};
        discriminator_pass_.prepare(x.batch, judged);
        cuda::prepare_loss(content_, x.batch, real.shape());
        host_batch_.reserve(size);
        batch_.reserve(size);
        scratch_.reserve(std::max(cuda::loss_scratch(x.batch, real.shape()),
                                  cuda::loss_scratch(x.batch, discriminator_pass_.output().shape())));
        cuda::copy_on_host(x, View<float>(host_batch_.data(), x.batch, x.shape()));
        cuda::copy_on_host(real, View<float>(host_batch_.data() + input_size, real.batch, real.shape()));
        cuda::upload(stream_, host_batch_.data(), batch_.data(), size);
        degraded_ = View<const float>(batch_.data(), x.batch, x.shape());
        clean_ = View<const float>(batch_.data() + input_size, real.batch, real.shape());
        generator_.send(stream_);
        discriminator_.send(stream_);
        average_.send(stream_);
    }

    // The numbers that a pass draws. The copy is done when the call returns, since the host's memory is not pinned.
    template <class Pass>
    void draw(Pass& pass) {
        if constexpr (Pass::draw_count > 0) {
            std::array<float, Pass::draw_count> numbers;
            Pass::draw(random_, numbers.data());
            cuda::upload(stream_, numbers.data(), pass.draws(), numbers.size());
            stream_.wait();
        }
    }

    // The discriminator learns to say real_label of real pictures and 0 of the generator's.
    void teach_discriminator() {
        const bool together = options.update == DiscriminatorUpdate::Together;
        cuda::StepState* const state = &memory_.data()->discriminator;
        const auto learn = [&](auto picture, double label, double* loss) {
            judge(picture, label, together ? 0.5 : 1, loss, state);
            discriminator_.keep_statistics(stream_, discriminator_pass_.new_statistics(), state);
            discriminator_pass_.backward(discriminator_.parameters(), discriminator_.gradients(), stream_);
        };
        cuda::launch(stream_, cuda::begin_losses<Precision>, dim3(1), dim3(1), 0, state);
        cuda::clear(stream_, discriminator_.gradients(), discriminator_.count());
        learn(clean_, options.real_label, &memory_.data()->real);
        if (!together) {
            update(discriminator_, discriminator_optimizer, state);
            cuda::clear(stream_, discriminator_.gradients(), discriminator_.count());
        }
        learn(generator_pass_.output(), 0, &memory_.data()->fake);
        update(discriminator_, discriminator_optimizer, state);
        if constexpr (cuda::scales_loss<Precision>)
            cuda::launch(stream_, cuda::adapt_scale<Precision>, dim3(1), dim3(1), 0, state);
    }

    // The generator learns to come near the real picture, and to make the discriminator say 1.
    void teach_generator() {
        cuda::StepState* const state = &memory_.data()->generator;
        const View<cuda::StorageOf<Precision>> slope = generator_pass_.output_gradient();
        cuda::launch(stream_, cuda::begin_losses<Precision>, dim3(1), dim3(1), 0, state);
        cuda::check(cudaMemsetAsync(&memory_.data()->content, 0, sizeof(double), stream_), "clear a loss");
        cuda::elementwise(stream_, slope, cuda::Fill<cuda::StorageOf<Precision>>{slope, 0.f});
        cuda::LossCall<cuda::StorageOf<Precision>> content;
        content.y = generator_pass_.output();
        content.t = clean_;
        content.dy = slope;
        content.weight = options.content_weight;
        content.scratch = scratch_.data();
        content.loss = &memory_.data()->content;
        content.state = state;
        cuda::add_loss(stream_, content_, content);
        judge(generator_pass_.output(), 1, options.adversarial_weight, &memory_.data()->adversarial, state);
        // Through the discriminator to the picture that it saw; its own gradients are not even computed.
        discriminator_pass_.backward(discriminator_.parameters(), nullptr, stream_,
                                     DiscriminatorPass::InputGradient::Wanted);
        cuda::copy(stream_, discriminator_pass_.input_gradient().slice(0, candidate_channels), slope, true);

        cuda::clear(stream_, generator_.gradients(), generator_.count());
        generator_pass_.backward(generator_.parameters(), generator_.gradients(), stream_);
        update(generator_, generator_optimizer, state);
        generator_.keep_statistics(stream_, generator_pass_.new_statistics(), state);
        if constexpr (cuda::scales_loss<Precision>)
            cuda::launch(stream_, cuda::adapt_scale<Precision>, dim3(1), dim3(1), 0, state);
        if (average_) average_.move(stream_, generator_.parameters(), static_cast<float>(options.average_decay));
    }

    // The discriminator's forward pass on a picture (and what it was made from), the loss of what it says against
    // `label`, and weight times the slope of that as the output's gradient.
    template <class T>
    void judge(View<const T> picture, double label, double weight, double* loss, cuda::StepState* state) {
        draw(discriminator_pass_);
        cuda::copy(stream_, picture, discriminator_pass_.input().slice(0, candidate_channels));
        if constexpr (conditional)
            cuda::copy(stream_, degraded_, discriminator_pass_.input().slice(candidate_channels, condition_channels));
        discriminator_pass_.forward(discriminator_.parameters(), discriminator_.statistics(), stream_);
        cuda::LossCall<cuda::StorageOf<Precision>> call;
        call.y = discriminator_pass_.output();
        call.label = static_cast<float>(label);
        call.dy = discriminator_pass_.output_gradient();
        call.weight = weight;
        call.scratch = scratch_.data();
        call.loss = loss;
        call.state = state;
        cuda::run_loss<Adversarial>(stream_, call);
    }

    template <class Network>
    void update(cuda::DeviceModel<Network, Optimizer>& model, const Optimizer& settings, cuda::StepState* state) {
        if constexpr (cuda::scales_loss<Precision>)
            cuda::launch(stream_, cuda::find_bad_gradients<float>, cuda::grid_for(model.count()), dim3(256), 0,
                         static_cast<const float*>(model.gradients()), model.count(), state);
        Numbers numbers;
        model.begin_step(settings, numbers.data());
        cuda::launch(stream_, cuda::keep_numbers<Numbers>, dim3(1), dim3(1), 0, numbers, numbers_.data());
        model.update(stream_, numbers_.data(), state);
    }

    // The step's report comes home.
    void finish(bool discriminator_learnt, bool generator_learnt) {
        Report report;
        cuda::download(stream_, static_cast<const Report*>(memory_.data()), &report, 1);
        stream_.wait();
        const auto check_finite = [&](double loss, const char* which, const auto& pass) {
            if (std::isfinite(loss)) return;
            std::string message = "depix: the ";
            message.append(which).append(" is ").append(std::to_string(loss)).append(" at step ");
            message.append(std::to_string(steps_ + 1));
            throw DivergenceError(message.append(pass.describe_first_bad_layer(stream_)));
        };
        if (discriminator_learnt) {
            discriminator_.count_batch();
            discriminator_.count_batch();
            losses_.discriminator_real = report.real;
            losses_.discriminator_fake = report.fake;
            check_finite(report.real + report.fake, "discriminator's loss", discriminator_pass_);
        }
        if (generator_learnt) {
            generator_.count_batch();
            losses_.content = report.content;
            losses_.adversarial = report.adversarial;
            check_finite(report.content + report.adversarial, "generator's loss", generator_pass_);
        }
    }

    cuda::Device device_;  // first, so that its absence shows before anything else
    Content content_;
    Adversarial adversarial_;
    cuda::Stream stream_;
    cuda::DeviceModel<Generator, Optimizer> generator_;
    cuda::DeviceModel<Discriminator, Optimizer> discriminator_;
    cuda::DeviceAverage<Generator> average_;
    Random random_{1};
    std::int64_t steps_ = 0;
    AdversarialLosses losses_;
    GeneratorPass generator_pass_;
    DiscriminatorPass discriminator_pass_;
    cuda::PinnedMemory<float> host_batch_;
    cuda::Memory<float> batch_, scratch_, numbers_{cuda::most_settings};
    cuda::Memory<Report> memory_;
    View<const float> degraded_, clean_;
};

}  // namespace depix
