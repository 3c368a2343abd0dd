// Int8<Backend>: inference on integers, for Inference<Network, Int8<Reference>> and Inference<Network, Int8<Cpu>>.
#pragma once

#include "depix/inference.hpp"
#include "depix/kernels/reference/int8.hpp"
#include "depix/plan/place.hpp"
#include "depix/quantize/quantized.hpp"

namespace depix {

/// The backend `Backend` on 8-bit integers. Int8<Reference> is the textbook; Int8<Cpu> gives the same bits.
///
///     Inference<Depixelizer, Int8<Cpu>> restore{quantize(model, pictures)};
///
/// Its workspace_bytes are those of the maps of integers; steps that stay float need more. What is no number in a
/// picture counts as its smallest integer.
template <class Backend>
struct Int8;

template <>
struct Int8<Reference> {
    static constexpr const char* name = "Int8<Reference>";
};

namespace detail {

/// The steps of a quantized network that stay float, with the textbook's kernels. Their results are kept as
/// floats, each in a place of its own.
template <Module Network>
class FloatSteps {
    static constexpr const auto& plan = integer_plan<Network>;
    static constexpr std::size_t tensors = plan.tensors.size();

  public:
    struct Memory {
        std::vector<float> values;
        std::array<View<float>, tensors> maps{};  // without data: the map is in integers alone
        View<float> scratch[2];                   // for inputs that are in integers
    };

    void prepare(const integers::Program& program, Memory& memory, const std::array<Shape, tensors>& shapes) const {
        std::size_t total = 0, largest = 0;
        memory.maps = {};
        for (const integers::Step& step : program.steps)
            if (step.operation == integers::Operation::Float) {
                total += shapes[static_cast<std::size_t>(step.output)].size();
                for (const int input : {step.input, step.other})
                    if (input >= 0) largest = (std::max)(largest, shapes[static_cast<std::size_t>(input)].size());
            }
        if (memory.values.size() < total + 2 * largest) memory.values.resize(total + 2 * largest);
        float* place = memory.values.data();
        for (const integers::Step& step : program.steps)
            if (step.operation == integers::Operation::Float) {
                const auto output = static_cast<std::size_t>(step.output);
                memory.maps[output] = View<float>(place, 1, shapes[output]);
                place += shapes[output].size();
            }
        for (std::size_t i = 0; i < 2 && largest > 0; ++i)
            memory.scratch[i] = View<float>(place + i * largest, 1, Shape{1, 1, static_cast<int>(largest)});
    }

    /// decode(tensor, to) writes a map that is in integers as floats.
    template <class Decode>
    static void run(int index, const float* parameters, const float* statistics, View<const float> picture,
                    const std::array<Shape, tensors>& shapes, const Memory& memory, Decode&& decode) {
        const PlanStep& step = plan.step(index);
        const auto floats = [&](int tensor, int scratch) -> View<const float> {
            if (tensor == plan.input) return picture;
            const View<float>& map = memory.maps[static_cast<std::size_t>(tensor)];
            if (map.data) return map;
            const View<float> to(memory.scratch[scratch].data, 1, shapes[static_cast<std::size_t>(tensor)]);
            decode(tensor, to);
            return to;
        };
        kernels::Forward<float> call;
        call.input = floats(step.input, 0);
        if (step.other >= 0) call.other = floats(step.other, 1);
        call.output = memory.maps[static_cast<std::size_t>(step.output)];
        for (const PlanLayer* layer : {&step.layer, &step.batch_norm, &step.activation}) {
            if (!*layer) continue;
            call.parameters = parameters + layer->parameters;
            call.statistics = statistics + layer->statistics;
            with_layer<Network>(layer->info, [&]<class L>() { kernels::Kernel<Reference, L>::forward(call); });
            call.input = call.output;  // what follows the first layer works in place
        }
    }
};

template <Module Network>
struct InferenceEngine<Int8<Reference>, Network, float> {
    static constexpr const auto& plan = integer_plan<Network>;
    static constexpr std::size_t tensors = plan.tensors.size();

    struct WorkspaceType {
        Shape input;
        std::array<Shape, tensors> shapes{};
        std::array<reference::Int8Map, tensors> maps{};
        std::vector<std::int8_t> memory;
        typename FloatSteps<Network>::Memory floats;
    };
    Quantized<Network> network;
    FloatSteps<Network> float_steps{};

    explicit InferenceEngine(const Quantized<Network>& quantized) : network(quantized) {}

    static constexpr auto sizes(Shape input) {
        const auto shapes = find_shapes(plan, input);
        std::array<std::size_t, tensors> all{};
        for (int i = 0; i < plan.tensor_count; ++i)
            if (plan.tensor(i).channels > 0 && plan.tensor(i).parent < 0)
                all[static_cast<std::size_t>(i)] = shapes[static_cast<std::size_t>(i)].size();
        return all;
    }
    static constexpr std::size_t workspace_bytes(Shape input, int) { return place(plan, sizes(input)).total; }
    static constexpr std::size_t workspace_lower_bound(Shape input, int) {
        return place(plan, sizes(input)).lower_bound;
    }
    void prepare(WorkspaceType& workspace, Shape input, int /*batch*/, int /*threads*/) const {
        if (workspace.input == input) return;
        workspace.input = input;
        workspace.shapes = find_shapes(plan, input);
        const auto placement = place(plan, sizes(input));
        if (workspace.memory.size() < placement.total) workspace.memory.resize(placement.total);
        for (int i = 0; i < plan.tensor_count; ++i) {
            if (plan.tensor(i).channels == 0) continue;
            const auto root = static_cast<std::size_t>(plan.root(i));
            const reference::Int8Map whole(workspace.memory.data() + placement.offset[root], 1, workspace.shapes[root]);
            workspace.maps[static_cast<std::size_t>(i)] = view_in_root(plan, i, whole);
        }
        float_steps.prepare(network.program, workspace.floats, workspace.shapes);
    }

    void infer(View<const float> input, View<float> output, WorkspaceType& workspace) const {
        for (int n = 0; n < input.batch; ++n) infer_one(input.images(n, 1), output.images(n, 1), workspace);
    }

  private:
    void infer_one(View<const float> input, View<float> output, WorkspaceType& workspace) const {
        const auto map = [&](int tensor) { return workspace.maps[static_cast<std::size_t>(tensor)]; };
        reference::int8_encode(network.program.encoding(plan.input), input, map(plan.input));
        for (int i = 0; i < plan.step_count; ++i) {
            const integers::Step& step = network.program.steps[static_cast<std::size_t>(i)];
            if (step.operation != integers::Operation::Float) {
                run(step, map(step.input), step.other >= 0 ? map(step.other) : reference::Int8Map{}, map(step.output));
                continue;
            }
            float_steps.run(i, network.parameters.data(), network.statistics.data(), input, workspace.shapes,
                            workspace.floats, [&](int tensor, View<float> to) {
                                reference::int8_decode(network.program.encoding(tensor), map(tensor), to);
                            });
            reference::int8_encode(network.program.encoding(step.output),
                                   workspace.floats.maps[static_cast<std::size_t>(step.output)], map(step.output));
        }
        const View<float>& floats = workspace.floats.maps[static_cast<std::size_t>(plan.output)];
        if (floats.data)
            copy<float>(floats, output);
        else
            reference::int8_decode(network.program.encoding(plan.output), map(plan.output), output);
    }

    void run(const integers::Step& step, reference::Int8Map x, reference::Int8Map other, reference::Int8Map y) const {
        const int x_zero = network.program.encoding(step.input).zero_point;
        switch (step.operation) {
            case integers::Operation::Convolution:
                return reference::int8_conv(step.geometry, x, x_zero, step.weight.data(), step.epilogue(), y);
            case integers::Operation::TransposedConvolution:
                return reference::int8_conv_transpose(step.geometry, x, x_zero, step.weight.data(), step.epilogue(), y);
            case integers::Operation::MaxPool:
                return reference::int8_max_pool(step.pool, x, y);
            case integers::Operation::Add:
                return reference::int8_add(step.addition, x, other, y);
            case integers::Operation::Concatenate:
                copy<std::int8_t>(x, y.slice(0, x.channels));
                return copy<std::int8_t>(other, y.slice(x.channels, other.channels));
            case integers::Operation::Slice:
                return copy<std::int8_t>(x.slice(step.first_channel, y.channels), y);
            case integers::Operation::Copy:
                return copy<std::int8_t>(x, y);
            case integers::Operation::PixelShuffle:
                return reference::int8_pixel_shuffle(step.factor, x, y);
            case integers::Operation::Upsample:
                return reference::int8_upsample(step.factor, x, y);
            case integers::Operation::Table:
                return reference::int8_table(step.table.data(), x, y);
            case integers::Operation::Float:
                return;
        }
    }
};

}  // namespace detail
}  // namespace depix
