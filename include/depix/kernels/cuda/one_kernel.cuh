// OneKernel: a tiny network as one kernel, with its maps in shared memory. The network's type contains every channel
// count, so a block's share of the network is laid out at compile time.
//
// A tiny network's time is not the time of its arithmetic. The depixelizer's 9 million multiply-adds for 3x64x256 would
// keep a large GPU busy for a microsecond, but each of six kernels takes longer than that to start and to end. One
// kernel starts once, and writes only the result. The price is that regions of neighbouring tiles overlap, and pixels
// that lie in both are computed twice (`recomputation`).
#pragma once

#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>
#include <vector>

#include "depix/kernels/cuda/one_kernel_steps.cuh"
#include "depix/kernels/dispatch.hpp"
#include "depix/kernels/fold_batch_norm.hpp"
#include "depix/plan/passes.hpp"

namespace depix::cuda {

/// A layer's place in a TypeList, or -1. (The plan identifies its layers by their addresses, but under
/// -fsanitize=undefined g++ does not accept a comparison of addresses as a constant.)
template <class L, class... Types>
constexpr int index_in(TypeList<Types...>) {
    int result = -1, index = 0;
    ((result = std::is_same_v<L, Types> ? index : result, ++index), ...);
    return result;
}

/// Records the place in a TypeList of every layer of a network, in order of execution.
template <class List, std::size_t Layers>
struct LayerNumbers {
    std::array<int, Layers> numbers{};
    std::size_t count = 0;

    constexpr void enter(const char*) {}
    constexpr void enter(int) {}
    constexpr void leave() {}
    template <Layer L>
    constexpr int layer(int) {
        numbers[count++] = index_in<L>(List{});
        return 0;
    }
};

/// Whether a network that consists only of such layers may run as one kernel. A join may not, because a chain has none.
template <class L>
constexpr bool suits_one_kernel() {
    constexpr Role role = L::traits.role;
    if constexpr (role == Role::Convolution || role == Role::TransposedConvolution)
        return L::traits.plain && L::geometry.out_channels <= 32 && L::geometry.kernel <= 5 && L::geometry.stride <= 4;
    else
        return role == Role::BatchNorm || role == Role::Rectifier || role == Role::MaxPool ||
               std::is_same_v<L, Sigmoid> || std::is_same_v<L, Tanh>;
}
template <class... Layers>
constexpr bool all_suit_one_kernel(TypeList<Layers...>) {
    return (suits_one_kernel<Layers>() && ...);
}

/// The plan of a network that consists only of such layers, as a TypeList of ChainSteps. The list is empty if something
/// was not fused.
template <Module Network>
struct ChainPlan {
    using Layers = layers_of<Network>;
    static constexpr auto plan = fuse(flatten<Network>(), {.activations = false, .scales = false});
    static constexpr std::size_t capacity = plan.steps.size();

    struct Links {
        std::array<int, capacity> steps{};                        ///< numbers of the plan's steps
        std::array<int, capacity> convolutions{}, activations{};  ///< layers' places in Layers; -1: none
        std::size_t count = 0;
        bool whole = true;
    };
    static constexpr Links links = [] {
        LayerNumbers<Layers, capacity> visitor;
        walk<Network>(visitor, 0);
        Links found;
        std::size_t layer = 0;
        for (int i = 0; i < plan.step_count; ++i) {
            const PlanStep& step = plan.step(i);
            const Role role = step.layer.info->traits.role;
            if (role == Role::Convolution || role == Role::TransposedConvolution) {
                found.steps[found.count] = i;
                found.activations[found.count] = -1;
                found.convolutions[found.count++] = visitor.numbers[layer];
            } else if (role == Role::Activation && found.count > 0 && found.activations[found.count - 1] < 0) {
                found.activations[found.count - 1] = visitor.numbers[layer];
            } else {
                found.whole = false;
            }
            ++layer;
            for (const PlanLayer* fused : {&step.batch_norm, &step.activation, &step.pool})
                if (*fused) ++layer;
        }
        return found;
    }();

    template <int Number>
    static constexpr auto layer_type() {
        if constexpr (Number < 0)
            return std::type_identity<void>{};
        else
            return std::type_identity<type_at<Layers, static_cast<std::size_t>(Number)>>{};
    }
    template <std::size_t K>
    static constexpr auto chain_step() {
        using L = typename decltype(layer_type<links.convolutions[K]>())::type;
        using Activation = typename decltype(layer_type<links.activations[K]>())::type;
        return ChainStep<L, static_cast<bool>(plan.step(links.steps[K]).pool), Activation>{};
    }
    static constexpr auto chain() {
        const auto steps = []<std::size_t... K>(std::index_sequence<K...>) {
            return TypeList<decltype(chain_step<K>())...>{};
        };
        return steps(std::make_index_sequence < links.whole ? links.count : 0 > {});
    }
};

template <Module Network>
constexpr auto find_chain() {
    if constexpr (all_suit_one_kernel(layers_of<Network>{}))
        return ChainPlan<Network>::chain();
    else
        return TypeList<>{};
}

/// A tile's output pixels.
struct TileSize {
    int height;
    int width;
};
inline constexpr std::array<TileSize, 5> one_kernel_tiles{{{8, 16}, {16, 16}, {16, 32}, {32, 32}, {32, 64}}};

/// The properties of a GPU that decide how its work is cut.
struct DeviceLimits {
    int multiprocessors = 0;
    std::size_t shared_bytes = 0;  ///< that a block may ask for

    /// Those of the current device.
    static DeviceLimits get() {
        int device = 0, multiprocessors = 0, bytes = 0;
        check(cudaGetDevice(&device), "tell which GPU is the current one");
        check(cudaDeviceGetAttribute(&multiprocessors, cudaDevAttrMultiProcessorCount, device), "look at the GPU");
        check(cudaDeviceGetAttribute(&bytes, cudaDevAttrMaxSharedMemoryPerBlockOptin, device), "look at the GPU");
        return {multiprocessors, static_cast<std::size_t>(bytes)};
    }
};

/// Launches the kernel of a chain. (Its steps are deduced, so that the kernel's name, which nvcc spells out, does not
/// contain the network's own type, which has names in it.)
template <int Height, int Width, class... Steps>
void launch_tiles(TypeList<Steps...>, cudaStream_t stream, unsigned blocks, std::size_t shared_bytes,
                  View<const float> x, const float* packed, View<float> y) {
    launch(stream, one_kernel<TypeList<Steps...>, Height, Width>, dim3(blocks), dim3(one_kernel_threads), shared_bytes,
           x, packed, y);
}

/// A network as one kernel. This is possible for chains of Conv and ConvTranspose. Each of these may have a BatchNorm,
/// a rectifier (ReLU, LeakyReLU, PReLU<>) and a MaxPool<2> fused with it, and a Sigmoid or Tanh after it. The limits
/// are 32 channels, kernels of 5 and strides of 4. The weights and the maps of at least one tile must fit into 99 KiB
/// of shared memory, which is the least that a GPU since sm_80 gives.
template <Module Network>
struct OneKernel {
    using Chain = decltype(find_chain<Network>());
    static constexpr std::size_t tiles = one_kernel_tiles.size();

    /// What is known of a tile, for each of one_kernel_tiles.
    struct TileFacts {
        std::array<std::size_t, tiles> shared_bytes{};  ///< of a block; 0: this network cannot use the tile
        std::array<int, tiles> cycles{};                ///< of a block, by the model of one_kernel_tile.cuh
        std::array<double, tiles> recomputation{};      ///< how often a multiply-add is done, on average
    };
    /// Tiles must advance by whole rows and columns in every map.
    static constexpr bool divides(TileSize tile) {
        constexpr Scaling scale = scale_after<Network>(Scaling{});
        constexpr int period = scale.multiple / scale.down * scale.up;
        return Chain::size > 0 && tile.height % period == 0 && tile.width % period == 0;
    }
    /// Calls `body` with the index of each tile that the network can use, as its template argument.
    template <class Body>
    static constexpr void for_each_tile(Body&& body) {
        const auto for_tile = [&]<std::size_t I>() {
            if constexpr (divides(one_kernel_tiles[I])) body.template operator()<I>();
        };
        [&]<std::size_t... I>(std::index_sequence<I...>) { (for_tile.template operator()<I>(), ...); }
        (std::make_index_sequence<tiles>{});
    }
    static constexpr TileFacts find_facts() {
        TileFacts found;
        for_each_tile([&]<std::size_t I>() {
            using Tile = ChainTile<Chain, one_kernel_tiles[I].height, one_kernel_tiles[I].width>;
            found.shared_bytes[I] = Tile::shared_floats * sizeof(float);
            found.cycles[I] = Tile::cycles;
            found.recomputation[I] = Tile::recomputation;
        });
        return found;
    }
    static constexpr TileFacts facts = find_facts();

    /// The tile for `batch` pictures of this shape, or -1 if none fits. Each multiprocessor works on blocks of its own,
    /// so the time is that of one block, times the number of blocks of the busiest multiprocessor. For few pictures
    /// small tiles are better, because all multiprocessors have work; for many pictures large tiles are better, because
    /// they compute less twice.
    static constexpr int choose_tile(int batch, Shape output, DeviceLimits device) {
        int best = -1;
        long long best_time = 0;
        for (std::size_t i = 0; i < tiles; ++i) {
            if (facts.shared_bytes[i] == 0 || facts.shared_bytes[i] > device.shared_bytes) continue;
            const long long blocks = count_blocks(batch, output, one_kernel_tiles[i]);
            const long long rounds = (blocks + device.multiprocessors - 1) / device.multiprocessors;
            if (best >= 0 && rounds * facts.cycles[i] >= best_time) continue;
            best = static_cast<int>(i);
            best_time = rounds * facts.cycles[i];
        }
        return best;
    }
    static constexpr long long count_blocks(int batch, Shape output, TileSize tile) {
        return static_cast<long long>(batch) * ceiling_divide(output.height, tile.height) *
               ceiling_divide(output.width, tile.width);
    }

    static constexpr bool possible = choose_tile(1, {1, 1, 1}, {.multiprocessors = 1, .shared_bytes = 99 * 1024}) >= 0;

    /// Whether the current device has enough shared memory. The size of the pictures does not matter.
    static bool fits() { return choose_tile(1, {1, 1, 1}, DeviceLimits::get()) >= 0; }

    /// Packs a model's parameters and running statistics for the kernel; see ChainStep.
    static std::vector<float> pack(const float* parameters, const float* statistics) {
        std::vector<float> packed;
        std::size_t k = 0;
        Chain::for_each([&]<class Step>() {
            const PlanStep& step = ChainPlan<Network>::plan.step(ChainPlan<Network>::links.steps[k++]);
            pack_step<Step>(step, parameters, statistics, packed);
        });
        return packed;
    }

    /// y = network(x). x is (N, C, H, W) and y is (N, C', H', W'), of sizes that the network takes, contiguous or not.
    /// packed is what `pack` returned, on the device, and begins at a multiple of 16 bytes. Throws DeviceError.
    static void run(cudaStream_t stream, View<const float> x, const float* packed, View<float> y) {
        const int tile = choose_tile(x.batch, y.shape(), DeviceLimits::get());
        if (tile < 0) throw DeviceError("depix: the GPU has too little shared memory for a network as one kernel");
        for_each_tile([&]<std::size_t I>() {
            if (static_cast<int>(I) == tile) run_with_tile<I>(stream, x, packed, y);
        });
    }
    /// The same with a given tile of one_kernel_tiles.
    template <std::size_t Tile>
    static void run_with_tile(cudaStream_t stream, View<const float> x, const float* packed, View<float> y) {
        constexpr TileSize tile = one_kernel_tiles[Tile];
        const auto blocks = static_cast<unsigned>(count_blocks(x.batch, y.shape(), tile));
        launch_tiles<tile.height, tile.width>(Chain{}, stream, blocks, facts.shared_bytes[Tile], x, packed, y);
    }

  private:
    template <class Step>
    static void pack_step(const PlanStep& step, const float* parameters, const float* statistics,
                          std::vector<float>& packed) {
        using L = typename Step::Convolution;
        const float* weight = parameters + step.layer.parameters;
        const FoldedBatchNorm folded = fold_batch_norm<Network>(step, L::geometry, parameters, statistics);

        const std::size_t begin = packed.size();
        packed.resize(begin + Step::packed_floats);
        float* own = packed.data() + begin;
        constexpr std::size_t in = Step::in_channels, out = Step::out_channels, taps = Step::kernel * Step::kernel;
        for (std::size_t o = 0; o < out; ++o) {
            for (std::size_t c = 0; c < in; ++c)
                for (std::size_t tap = 0; tap < taps; ++tap)  // Conv's weights are (Out, In, K, K)
                    own[(c * taps + tap) * Step::weight_row + o] =
                        weight[(Step::transposed ? c * out + o : o * in + c) * taps + tap] * folded.scale[o];
            own[Step::weight_floats + o] = folded.bias[o];
        }
        own[Step::slope_at] = find_rectifier(step, parameters).negative_slope;
    }
};

}  // namespace depix::cuda
