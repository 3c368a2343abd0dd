// Binds Conv and ConvTranspose to the kernels: what training calls layer by layer, and what inference calls fused.
#pragma once

#include "depix/kernels/cpu/weight_gradient.hpp"
#include "depix/layers/conv_transpose.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

/// Both convolutions, forward and as each other's gradient, for one geometry. `Transposed` says which one is forward.
template <ConvGeometry G, bool Transposed>
struct ConvKernels {
    static constexpr int kernel = G.kernel;
    static constexpr int stride = G.stride;
    static constexpr int padding = G.padding_before;
    static constexpr std::size_t parameters =
        G.weight_count() + (G.bias ? static_cast<std::size_t>(G.out_channels) : 0);

    /// The block that the forward pass works in, and that its weights are packed for.
    static constexpr RegisterBlock forward_block = choose_block(G.out_channels, Transposed ? stride : 1);
    static constexpr RegisterBlock backward_block = choose_block(G.in_channels, Transposed ? 1 : stride);
    static constexpr std::size_t forward_size =
        packed_size(G.in_channels, G.out_channels, kernel, forward_block.channels);
    static constexpr std::size_t backward_size =
        packed_size(G.out_channels, G.in_channels, kernel, backward_block.channels);

    static void pack_forward(const float* weight, const float* scale, float* packed, Team team) {
        pack_weights(weight, G.in_channels, G.out_channels, kernel, forward_block.channels, Transposed, scale, packed,
                     team);
    }
    /// y = epilogue(x * weight), rows [first, last) of picture n.
    static void forward_rows(View<const float> x, int n, const float* packed, const Epilogue& epilogue, View<float> y,
                             int first, int last) {
        constexpr RegisterBlock block = forward_block;
        if constexpr (Transposed)
            conv_transpose_rows<kernel, stride, padding, block.channels, block.vectors>(x, n, packed, epilogue, y,
                                                                                        first, last);
        else
            conv_rows<kernel, stride, block.channels, block.vectors>(x, n, packed, padding, epilogue, y, first, last);
    }
    /// The same with 2x2 max pooling behind it: pooled rows. `width` is the convolution's before pooling.
    static void forward_pool_rows(View<const float> x, int n, const float* packed, const Epilogue& epilogue, int width,
                                  View<float> y, int first, int last, float* scratch) {
        static_assert(!Transposed);
        conv_pool_rows<kernel, stride, forward_block.channels, forward_block.vectors>(x, n, packed, padding, epilogue,
                                                                                      width, y, first, last, scratch);
    }
    /// dx = (or +=) dy * weight, rows [first, last) of picture n.
    static void input_gradient_rows(View<const float> dy, int n, const float* packed, bool accumulate, View<float> dx,
                                    int first, int last) {
        constexpr RegisterBlock block = backward_block;
        const Epilogue epilogue{nullptr, 1.f, accumulate, true};
        if constexpr (Transposed)
            conv_rows<kernel, stride, block.channels, block.vectors>(dy, n, packed, padding, epilogue, dx, first, last);
        else
            conv_transpose_rows<kernel, stride, padding, block.channels, block.vectors>(dy, n, packed, epilogue, dx,
                                                                                        first, last);
    }
    /// Rows [first, last) of picture n of the map that the kernel slides over: y's if not Transposed, else x's.
    static void parameter_gradient_rows(View<const float> x, View<const float> dy, int n, int first, int last,
                                        float* d_weight) {
        if constexpr (Transposed)
            weight_gradient_rows<kernel, stride, choose_gradient_block(G.in_channels, kernel)>(
                dy, x, n, padding, first, last, 0, x.channels, d_weight);
        else
            weight_gradient_rows<kernel, stride, choose_gradient_block(G.out_channels, kernel)>(
                x, dy, n, padding, first, last, 0, dy.channels, d_weight);
    }

    static constexpr std::size_t scratch_size(int /*batch*/, Shape /*input*/, int threads) {
        const std::size_t larger = forward_size > backward_size ? forward_size : backward_size;
        return larger + gradient_scratch(parameters, threads);
    }
    static void forward(const Forward<float>& a, Team team) {
        pack_forward(a.parameters, nullptr, a.scratch, team);
        team.barrier();
        const Epilogue epilogue{G.bias ? a.parameters + G.weight_count() : nullptr};
        share_rows(team, a.output.batch, a.output.height, [&](int n, int first, int last) {
            forward_rows(a.input, n, a.scratch, epilogue, a.output, first, last);
        });
    }
    static void backward(const Backward<float>& a, Team team) {
        pack_weights(a.parameters, G.out_channels, G.in_channels, kernel, backward_block.channels, !Transposed, nullptr,
                     a.scratch, team);
        const View<const float>& slid_over = Transposed ? a.input : a.output_gradient;
        share_gradient(team, slid_over.batch, slid_over.height, parameters, a.scratch + backward_size,
                       a.parameter_gradients, [&](int n, int first, int last, float* sums) {
                           parameter_gradient_rows(a.input, a.output_gradient, n, first, last, sums);
                           if constexpr (G.bias) {
                               // The same share of dy's rows; for Transposed a different number of them.
                               const auto cut = [&](int row) {
                                   return static_cast<int>(static_cast<long long>(row) * a.output_gradient.height /
                                                           slid_over.height);
                               };
                               bias_gradient_rows(a.output_gradient, n, cut(first), cut(last), sums + G.weight_count());
                           }
                       });
        if (!a.input_gradient.data) return;
        share_rows(team, a.input_gradient.batch, a.input_gradient.height, [&](int n, int first, int last) {
            input_gradient_rows(a.output_gradient, n, a.scratch, a.accumulate, a.input_gradient, first, last);
        });
    }
};

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA

namespace depix {

template <int In, int Out, int K, class... Options>
struct Kernel<Cpu, Conv<In, Out, K, Options...>> : cpu::ConvKernels<Conv<In, Out, K, Options...>::geometry, false> {};

template <int In, int Out, int K, class... Options>
struct Kernel<Cpu, ConvTranspose<In, Out, K, Options...>>
    : cpu::ConvKernels<ConvTranspose<In, Out, K, Options...>::geometry, true> {};

}  // namespace depix
