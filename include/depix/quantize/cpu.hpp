// Int8<Cpu>: the fast integer backend.
#pragma once

#include "depix/kernels/cpu/int8/conv.hpp"
#include "depix/kernels/cpu/int8/other.hpp"
#include "depix/quantize/inference.hpp"
#include "depix/tensor.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

/// What of a step is independent of the network's type: packed weights, and how it runs.
class Int8Steps {
  public:
    /// `reads_windows`: the first step is a convolution of a grey picture, which nothing else reads.
    Int8Steps(const integers::Program& program, bool reads_windows) : program_(program) {
        for (std::size_t i = 0; i < program.steps.size(); ++i) {
            const integers::Step& step = program.steps[i];
            Prepared prepared;
            if (step.is_convolution()) prepared.conv = pack(step, i == 0 && reads_windows);
            for (const std::int8_t value : step.table) prepared.table.push_back(static_cast<std::uint8_t>(value + 128));
            steps_.push_back(std::move(prepared));
        }
    }

    /// Lets a convolution compute the 2x2 max pooling after it. `alone` says that no other step reads what lies
    /// between.
    bool join_pooling(std::size_t index, bool alone) {
        if (index + 1 >= steps_.size() || !alone) return false;
        const integers::Step &step = program_.steps[index], &next = program_.steps[index + 1];
        const bool halving = next.pool.window == 2 && next.pool.stride == 2 && next.pool.before == 0;
        steps_[index].pooled = step.operation == integers::Operation::Convolution && can_pool(steps_[index].conv) &&
                               next.operation == integers::Operation::MaxPool && next.input == step.output && halving;
        return steps_[index].pooled;
    }
    bool is_pooled(std::size_t index) const { return steps_[index].pooled; }

    /// Whether a step may read windows of the picture: see encode_windows.
    static bool may_read_windows(const integers::Step& step) {
        const ConvGeometry& g = step.geometry;
        return step.operation == integers::Operation::Convolution && g.in_channels == 1 && g.dilation == 1 &&
               g.kernel_width <= 4 && g.width_padding_before <= 3;
    }

    void run(std::size_t index, QuadMap x, QuadMap other, QuadMap y, Part rows) const {
        const integers::Step& step = program_.steps[index];
        const Prepared& prepared = steps_[index];
        switch (step.operation) {
            case integers::Operation::Convolution:
            case integers::Operation::TransposedConvolution:
                return int8_conv_rows(prepared.conv, prepared.pooled, x, y, rows);
            case integers::Operation::MaxPool:
                return int8_max_pool_rows(step.pool, x, y, rows);
            case integers::Operation::Add:
                return int8_add_rows(step.addition, x, other, y, rows);
            case integers::Operation::Concatenate:
                int8_copy_rows(x, 0, y, 0, x.channels, rows);
                return int8_copy_rows(other, 0, y, x.channels, other.channels, rows);
            case integers::Operation::Slice:
                return int8_copy_rows(x, step.first_channel, y, 0, y.channels, rows);
            case integers::Operation::Copy:
                return int8_copy_rows(x, 0, y, 0, y.channels, rows);
            case integers::Operation::PixelShuffle:
                return int8_pixel_shuffle_rows(step.factor, x, y, rows);
            case integers::Operation::Upsample:
                return int8_upsample_rows(step.factor, x, y, rows);
            case integers::Operation::Table:
                return int8_table_rows(prepared.table.data(), x, y, rows);
            case integers::Operation::Float:
                return;
        }
    }

  private:
    struct Prepared {
        Int8Conv conv;
        bool pooled = false;  // the max pooling after it is computed too
        std::vector<std::uint8_t> table;
    };

    // A convolution with groups is packed as one without, whose other weights are 0.
    Int8Conv pack(const integers::Step& step, bool windows) const {
        const ConvGeometry& g = step.geometry;
        const bool transposed = step.operation == integers::Operation::TransposedConvolution;
        const int inputs = g.group_in(), outputs = g.group_out();
        const auto weight = [&](int o, int c, int k, int l) {
            if (c / inputs != o / outputs) return std::int8_t{0};
            const int channels = transposed ? c * outputs + o % outputs : o * inputs + c % inputs;
            return step.weight[static_cast<std::size_t>((channels * g.kernel + k) * g.kernel_width + l)];
        };
        return pack_int8_conv(g, transposed, windows, program_.encoding(step.input).zero_point, step.epilogue(),
                              weight);
    }

    const integers::Program& program_;
    std::vector<Prepared> steps_;
};

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA

namespace depix {

template <>
struct Int8<Cpu> {
    static constexpr const char* name = "Int8<Cpu>";
};

namespace detail {

template <Module Network>
struct InferenceEngine<Int8<Cpu>, Network, float> {
    static constexpr const auto& plan = integer_plan<Network>;
    static constexpr std::size_t tensors = plan.tensors.size();

    struct WorkspaceType {
        Shape input;
        int threads = 0;
        std::array<Shape, tensors> shapes{};
        std::array<cpu::QuadMap, tensors> maps{};
        AlignedMemory<std::uint32_t> memory;
        typename FloatSteps<Network>::Memory floats;
    };

    explicit InferenceEngine(const Quantized<Network>& quantized)
        : network_(quantized), reads_windows_(may_read_windows()), steps_(network_.program, reads_windows_) {
        for (int i = 0; i < plan.step_count; ++i)
            steps_.join_pooling(static_cast<std::size_t>(i), plan.tensor(plan.step(i).output).consumers == 1);
    }
    InferenceEngine(const InferenceEngine&) = delete;  // steps_ refers to network_
    InferenceEngine& operator=(const InferenceEngine&) = delete;

    static constexpr std::size_t workspace_bytes(Shape input, int) {
        return place(placed_plan, sizes(input)).total * sizeof(std::uint32_t);
    }
    static constexpr std::size_t workspace_lower_bound(Shape input, int) {
        return place(placed_plan, sizes(input)).lower_bound * sizeof(std::uint32_t);
    }

    void prepare(WorkspaceType& workspace, Shape input, int /*batch*/, int threads) const {
        if (workspace.input == input && workspace.threads == threads) return;
        workspace.input = input;
        workspace.threads = threads;
        workspace.shapes = find_shapes(plan, input);
        const auto placement = place(placed_plan, sizes(input));
        workspace.memory.reserve(placement.total);
        for (int i = 0; i < plan.tensor_count; ++i) {
            if (plan.tensor(i).channels == 0) continue;
            const auto root = static_cast<std::size_t>(plan.root(i));
            const Shape shape = workspace.shapes[root];
            const cpu::QuadMap whole(workspace.memory.data() + placement.offset[root], shape,
                                     cpu::QuadLayout(shape, plan.tensors[root].halo));
            workspace.maps[static_cast<std::size_t>(i)] = whole.slice(plan.channel_in_root(i), plan.tensor(i).channels);
        }
        float_steps_.prepare(network_.program, workspace.floats, workspace.shapes);
    }

    void infer(View<const float> input, View<float> output, WorkspaceType& workspace) const {
        cpu::run_team(workspace.threads, [&](cpu::Team team) {
            for (int n = 0; n < input.batch; ++n) {
                if (n > 0) team.barrier();
                infer_one(input.images(n, 1), output.images(n, 1), workspace, team);
            }
        });
    }

  private:
    // The plan with other lifetimes: where a max pooling may be computed with the convolution before it, its output is
    // alive from there on.
    static constexpr auto placed_plan = [] {
        auto placed = plan;
        for (int i = 1; i < placed.step_count; ++i) {
            PlanTensor& root = placed.tensor(placed.root(placed.step(i).output));
            if (detail::is_halving(placed.step(i).layer) && root.first == i) root.first = i - 1;
        }
        return placed;
    }();
    static constexpr auto sizes(Shape input) {
        const auto shapes = find_shapes(plan, input);
        std::array<std::size_t, tensors> all{};
        for (int i = 0; i < plan.tensor_count; ++i) {
            const auto tensor = static_cast<std::size_t>(i);
            if (plan.tensors[tensor].channels > 0 && plan.tensors[tensor].parent < 0)
                all[tensor] = static_cast<std::size_t>(cpu::QuadLayout(shapes[tensor], plan.tensors[tensor].halo).size);
        }
        return all;
    }
    bool may_read_windows() const {
        return plan.tensor(plan.input).consumers == 1 && plan.tensor(plan.input).parent < 0 &&
               plan.input != plan.output && cpu::Int8Steps::may_read_windows(network_.program.steps[0]);
    }
    static int halo(int tensor) { return plan.tensor(plan.root(tensor)).halo; }

    void infer_one(View<const float> input, View<float> output, const WorkspaceType& workspace, cpu::Team team) const {
        const auto map = [&](int tensor) { return workspace.maps[static_cast<std::size_t>(tensor)]; };
        const integers::Program& program = network_.program;
        const cpu::QuadMap first = map(plan.input);
        if (reads_windows_)
            cpu::encode_windows(input, program.encoding(plan.input), first,
                                program.steps[0].geometry.width_padding_before, team.share(first.height));
        else
            cpu::encode_rows(input, program.encoding(plan.input), first, team.share(first.height));
        cpu::fill_border(first, halo(plan.input), program.encoding(plan.input).zero_point, team);
        for (int i = 0; i < plan.step_count; ++i) {
            team.barrier();  // a step reads what all threads have written
            const integers::Step& step = program.steps[static_cast<std::size_t>(i)];
            const auto index = static_cast<std::size_t>(i);
            if (steps_.is_pooled(index)) ++i;  // the result is that of the pooling
            const int result = plan.step(i).output;
            const cpu::QuadMap y = map(result);
            if (step.operation == integers::Operation::Float)
                run_float(i, input, workspace, team);
            else
                steps_.run(index, map(step.input), step.other >= 0 ? map(step.other) : cpu::QuadMap{}, y,
                           team.share(y.height));
            cpu::fill_border(y, halo(result), program.encoding(result).zero_point, team);
        }
        team.barrier();
        const View<float>& floats = workspace.floats.maps[static_cast<std::size_t>(plan.output)];
        const cpu::Part rows = team.share(output.height);
        if (floats.data)
            copy<float>(floats.rows(rows.first, rows.last - rows.first),
                        output.rows(rows.first, rows.last - rows.first));
        else
            cpu::decode_rows(map(plan.output), program.encoding(plan.output), output, rows);
    }

    // One thread computes it, because the textbook's kernels do not share work.
    void run_float(int index, View<const float> picture, const WorkspaceType& workspace, cpu::Team team) const {
        const auto map = [&](int tensor) { return workspace.maps[static_cast<std::size_t>(tensor)]; };
        const int output = plan.step(index).output;
        if (team.thread == 0)
            FloatSteps<Network>::run(
                index, network_.parameters.data(), network_.statistics.data(), picture, workspace.shapes,
                workspace.floats, [&](int tensor, View<float> to) {
                    cpu::decode_rows(map(tensor), network_.program.encoding(tensor), to, {0, to.height});
                });
        team.barrier();
        cpu::encode_rows(workspace.floats.maps[static_cast<std::size_t>(output)], network_.program.encoding(output),
                         map(output), team.share(map(output).height));
    }

    Quantized<Network> network_;
    bool reads_windows_;
    cpu::Int8Steps steps_;
    FloatSteps<Network> float_steps_{};
};

}  // namespace detail
}  // namespace depix
