// QuantizationAware: a Trainer's backend that trains weights for 8-bit integers.
#pragma once

#include <array>
#include <cstddef>
#include <type_traits>

#include "depix/error.hpp"
#include "depix/finite.hpp"
#include "depix/quantize/cpu.hpp"
#include "depix/tensor.hpp"
#include "depix/train/fit.hpp"

namespace depix {

/// Trains a model further while its weights and maps are rounded as in a Quantized<Network>, so that the weights learn
/// to be rounded: quantization-aware training with the straight-through estimator (Jacob et al. 2018, section 3;
/// Bengio et al. 2013). In PyTorch: torch.ao.quantization.prepare_qat.
///
///     const Quantized<Network> ranges = quantize(model, pictures);
///     Trainer trainer{model, MeanSquaredError{}, Adam{.learning_rate = 1e-4}, QuantizationAware{ranges}};
///     for (const auto& [noisy, target] : batches) loss = trainer.step(noisy, target);   // of the rounded network
///     const Quantized<Network> trained = quantize(model, ranges);
///
/// Forward: the weights of a convolution are rounded for each output channel, with a scale that follows them from step
/// to step; a map is rounded with the scale and zero point that it has in `ranges`, which stay as they are. What stays
/// float there is not rounded. Batch norm works as in any training; the weights before it are rounded as they are when
/// it is folded into them, with its running statistics (Krishnamoorthi 2018, section 3.2.1).
///
/// Backward: rounding counts as the identity, so a gradient passes it unchanged. It is 0 where a map's number lies
/// outside of the range and is cut off. The optimizer changes the model's floats.
///
/// A checkpoint holds what that of any Trainer holds; a resumed run needs the same ranges, for which
/// save_quantized(ranges, path) keeps them. fit validates the integers. Each step runs one step for each layer, as
/// `Backend` does (Unfused<Cpu> or Reference), keeps every rounded map twice, and allocates a few numbers for each
/// channel.
template <Module Network, class Backend = Unfused<Cpu>>
struct QuantizationAware {
    /// Throws Error for an empty Quantized.
    explicit QuantizationAware(const Quantized<Network>& quantized) : ranges(&quantized) {
        if (quantized.program.encodings.empty())
            throw Error(
                "depix: QuantizationAware needs ranges: a Quantized that quantize() or load_quantized() has made");
    }

    const Quantized<Network>* ranges;  ///< must outlive the trainer
};

namespace detail {

template <>
struct TrainingBackend<Unfused<Cpu>> : TrainingBackend<Cpu> {
    static constexpr bool fuses = false;
    template <Module Network>
    static constexpr auto make_plan() {
        return plan_for_training<Network>();
    }
};

/// Which tensors of plan_for_training<Network>() are rounded, and how.
template <Module Network>
class MapRounding {
  public:
    static constexpr auto plan = plan_for_training<Network>();

    explicit MapRounding(const integers::Program& program) {
        const DescribedSteps described = describe_steps<Network>();
        // An integer step reads integers, also of the picture and of what a float step has computed.
        for (const integers::Step& step : program.steps)
            if (step.operation != integers::Operation::Float)
                for (const int input : {step.input, step.other})
                    if (input >= 0 && !is_moved(program, input)) round(input, program.encoding(input));
        for (std::size_t i = 0; i < program.steps.size(); ++i) {
            const integers::Step& step = program.steps[i];
            if (step.operation == integers::Operation::Float || integers::keeps_encoding(step.operation)) continue;
            round(step.output, program.encoding(step.output));
            if (step.is_convolution() && described.infos[i].formula) round(described.infos[i].inner_tensor, step.inner);
        }
    }

    bool rounds(int tensor) const { return rounds_[static_cast<std::size_t>(tensor)]; }
    const integers::Encoding& encoding(int tensor) const { return encodings_[static_cast<std::size_t>(tensor)]; }

  private:
    // What an integer step only moves is rounded already.
    static bool is_moved(const integers::Program& program, int tensor) {
        for (const integers::Step& step : program.steps)
            if (step.output == tensor) return integers::keeps_encoding(step.operation);
        return false;
    }
    void round(int tensor, const integers::Encoding& encoding) {
        rounds_[static_cast<std::size_t>(tensor)] = true;
        encodings_[static_cast<std::size_t>(tensor)] = encoding;
    }

    std::array<bool, plan.tensors.size()> rounds_{};
    std::array<integers::Encoding, plan.tensors.size()> encodings_{};
};

/// What rounding makes of a number; NaN and infinity stay, so that a loss shows them.
inline float round_to(float x, float inverse_scale, const integers::Encoding& encoding) {
    return is_finite(x) ? integers::decode(integers::encode(x, inverse_scale, encoding.zero_point), encoding) : x;
}
/// Whether a number lies in the range, so that it is rounded and not cut off.
inline bool is_in_range(float x, float inverse_scale, const integers::Encoding& encoding) {
    const double place = static_cast<double>(x) * static_cast<double>(inverse_scale) + encoding.zero_point;
    return place >= integers::lowest - 0.5 && place < integers::highest + 0.5;
}

}  // namespace detail

/// The engine of Backend, and the ranges.
template <Module Network, class Backend>
class TrainingEngine<QuantizationAware<Network, Backend>, float> : public TrainingEngine<Backend, float> {
  public:
    TrainingEngine(const QuantizationAware<Network, Backend>& backend, int threads)
        : TrainingEngine<Backend, float>(threads), ranges_(*backend.ranges) {}
    const Quantized<Network>& ranges() const { return ranges_; }

  private:
    const Quantized<Network>& ranges_;
};

/// A network that is trained while it is rounded. The passes run rounded weights, and their gradients change the
/// model's.
template <Module Network, class Optimizer, class Backend>
class TrainedNetwork<Network, Optimizer, QuantizationAware<Network, Backend>, float>
    : public TrainedNetwork<Network, Optimizer, Backend, float> {
    using Base = TrainedNetwork<Network, Optimizer, Backend, float>;
    using Engine = TrainingEngine<QuantizationAware<Network, Backend>, float>;
    using Pass = TrainingPass<Network, Backend, float>;
    static constexpr auto& plan = detail::MapRounding<Network>::plan;

  public:
    TrainedNetwork(Engine& engine, Model<Network>& model, const Optimizer& settings, const TrainerOptions& options)
        : Base(engine, model, settings, options),
          program_(engine.ranges().program),
          rounding_(program_),
          rounded_(model) {}

    bool prepare(int images, Shape input) {
        Base::prepare(images, input);
        if (images == images_ && input == input_) return false;
        images_ = images;
        input_ = input;
        const auto shapes = find_shapes(plan, input);
        std::size_t size = 0;
        for (const bool counting : {true, false}) {
            if (!counting) memory_.reserve(size);
            size = 0;
            for (int i = 0; i < plan.tensor_count; ++i) {
                const auto index = static_cast<std::size_t>(i);
                if (!rounding_.rounds(i)) continue;
                if (!counting) exact_[index] = View<float>(memory_.data() + size, images, shapes[index]);
                size += static_cast<std::size_t>(images) * shapes[index].size();
            }
        }
        return false;
    }
    void begin_step(int batch = 0) {
        Base::begin_step(batch);
        round_weights();
    }
    void forward(View<const float> input, cpu::Team team) {
        this->pass_.forward(rounded_, input, *this->random_, team,
                            [this](int tensor, cpu::Team all) { round_map(tensor, all); });
    }
    void backward(cpu::Team team) {
        pass_rounding(plan.output, team);
        this->pass_.backward(rounded_, std::span<float>(this->gradients_), team, Pass::InputGradient::Unwanted,
                             [this](int step, cpu::Team all) {
                                 if (step > 0) pass_rounding(plan.step(step - 1).output, all);
                             });
    }

  private:
    void round_weights() {
        std::ranges::copy(this->model_.parameters(), rounded_.parameters().begin());
        std::ranges::copy(this->model_.statistics(), rounded_.statistics().begin());
        for (std::size_t i = 0; i < program_.steps.size(); ++i) {
            const integers::Step& step = program_.steps[i];
            if (!step.is_convolution()) continue;
            const auto index = static_cast<int>(i);
            const auto coding =
                detail::WeightCoding::of(this->model_, index, step, program_.encoding(step.input).scale);
            float* weight = rounded_.parameters().data() + integer_plan<Network>.step(index).layer.parameters;
            for (std::size_t w = 0; w < coding.size(); ++w) weight[w] = coding.rounded_weight(w);
        }
    }

    /// Rounds a map that has just been computed, and keeps it as it was.
    void round_map(int tensor, cpu::Team team) {
        if (!rounding_.rounds(tensor)) return;
        const integers::Encoding& encoding = rounding_.encoding(tensor);
        const float inverse = integers::inverse(encoding.scale);
        const View<float> map = this->pass_.map(tensor), exact = exact_[static_cast<std::size_t>(tensor)];
        cpu::for_rows(team, map, [&](int n, int c, int i) {
            float *x = map.row(n, c, i), *kept = exact.row(n, c, i);
            for (int j = 0; j < map.width; ++j) {
                kept[j] = x[j];
                x[j] = detail::round_to(x[j], inverse, encoding);
            }
        });
        team.barrier();
    }

    /// Takes a map's gradient back through its rounding. All steps that read the map have run backward; the step that
    /// computed it has not. That one needs the map as it was, because an activation's gradient depends on it.
    void pass_rounding(int tensor, cpu::Team team) {
        if (!rounding_.rounds(tensor)) return;
        const integers::Encoding& encoding = rounding_.encoding(tensor);
        const float inverse = integers::inverse(encoding.scale);
        const View<float> map = this->pass_.map(tensor), gradient = this->pass_.gradient_map(tensor);
        const View<float> exact = exact_[static_cast<std::size_t>(tensor)];
        cpu::for_rows(team, map, [&](int n, int c, int i) {
            float *x = map.row(n, c, i), *dx = gradient.row(n, c, i);
            const float* kept = exact.row(n, c, i);
            for (int j = 0; j < map.width; ++j) {
                x[j] = kept[j];
                if (!detail::is_in_range(kept[j], inverse, encoding)) dx[j] = 0;
            }
        });
        team.barrier();
    }

    const integers::Program& program_;
    const detail::MapRounding<Network> rounding_;
    Model<Network> rounded_;
    int images_ = 0;
    Shape input_;
    AlignedMemory<float> memory_;
    std::array<View<float>, plan.tensors.size()> exact_{};  // the rounded maps as they were before
};

namespace detail {

/// fit validates what the weights give in integers.
template <Module Network, class Backend>
struct FitRanks<QuantizationAware<Network, Backend>> : FitRanks<Backend> {
    using Integers = Int8<std::conditional_t<std::is_same_v<Backend, Reference>, Reference, Cpu>>;

    template <class AnyTrainer>
    static Inference<Network, Integers> inference(const Model<Network>& weights, const AnyTrainer& trainer) {
        return Inference<Network, Integers>(quantize(weights, trainer.engine().ranges()), trainer.threads());
    }
};

}  // namespace detail
}  // namespace depix
