// Normalisation of groups of channels with SIMD and threads. The formulas are those of
// kernels/reference/group_norm.hpp.
//
// A thread takes whole groups: it reads a group for its sums, and once more, from the cache where it fits, to normalise
// it. No thread waits for another, and results do not depend on the number of threads. With fewer groups than threads
// some threads have nothing to do.
#pragma once

#include <cmath>

#include "depix/kernels/cpu/cpu.hpp"
#include "depix/layers/group_norm.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

/// A layer's numbers. The code gets them at run time, so that it is compiled once for all numbers of channels.
struct GroupNormSettings {
    int channels;
    int groups;
    double epsilon;
    bool affine;

    constexpr int group_size() const { return channels / groups; }
};

/// Adds two sums over channel c of picture n to a and b. `add_vector(i, j, count, u, v)` adds the terms of a vector of
/// pixels to the lanes of u and v. Several rows share these lanes before the lanes are added up in double.
template <class AddVector>
DEPIX_INLINE void plane_sums(Shape shape, double& a, double& b, AddVector&& add_vector) {
    constexpr int rows = 8;
    for (int top = 0; top < shape.height; top += rows) {
        Vector u{}, v{};
        for (int i = top; i < shape.height && i < top + rows; ++i)
            for_vectors(shape.width, [&](int j, int count) { add_vector(i, j, count, u, v); });
        a += static_cast<double>(sum_of_lanes(u));
        b += static_cast<double>(sum_of_lanes(v));
    }
}

/// Mean and 1 / deviation of a group, in one pass, from sums of x - s and (x - s)^2, where s is the mean of the group's
/// first row. They lose nothing to cancellation as long as s lies within a few standard deviations of the mean.
struct GroupStatistics {
    double mean = 0;
    double inverse = 0;

    GroupStatistics(const GroupNormSettings& settings, View<const float> x, int n, int group) {
        const int size = settings.group_size(), first = group * size;
        Vector row{};
        for_vectors(x.width, [&](int j, int count) { row += keep_counted(load(x.row(n, first, 0) + j), count); });
        const float shift = sum_of_lanes(row) / static_cast<float>(x.width);
        double sum = 0, squares = 0;
        for (int c = first; c < first + size; ++c)
            plane_sums(x.shape(), sum, squares, [&](int i, int j, int count, Vector& u, Vector& v) {
                const Vector offset = keep_counted(load(x.row(n, c, i) + j) - broadcast(shift), count);
                u += offset;
                v += offset * offset;
            });
        const double pixels = static_cast<double>(size) * static_cast<double>(x.shape().area());
        const double variance = squares / pixels - (sum / pixels) * (sum / pixels);
        mean = static_cast<double>(shift) + sum / pixels;
        inverse = 1 / std::sqrt((variance > 0 || variance != variance ? variance : 0) + settings.epsilon);
    }
};

[[gnu::noinline]] inline void group_norm_forward(const GroupNormSettings& settings, const kernels::Forward<float>& a,
                                                 Team team) {
    const View<const float>& x = a.input;
    const int size = settings.group_size();
    share_rows(team, x.batch, settings.groups, [&](int n, int first, int last) {
        for (int g = first; g < last; ++g) {
            const GroupStatistics found(settings, x, n, g);
            const auto mean = static_cast<float>(found.mean), inverse = static_cast<float>(found.inverse);
            for (int c = g * size; c < (g + 1) * size; ++c) {
                const Vector scale = broadcast(settings.affine ? inverse * a.parameters[c] : inverse);
                const Vector shift = broadcast(settings.affine ? a.parameters[settings.channels + c] : 0.f);
                for (int i = 0; i < x.height; ++i)
                    for_vectors(x.width, [&](int j, int count) {
                        const Vector distance = load(x.row(n, c, i) + j) - broadcast(mean);
                        store_tail(a.output.row(n, c, i) + j, distance * scale + shift, count, true);
                    });
            }
            if (!a.saved) continue;
            a.saved[2 * (n * settings.groups + g)] = mean;
            a.saved[2 * (n * settings.groups + g) + 1] = inverse;
        }
    });
}

/// One group of one picture. It adds to the gradients of the group's parameters, which no other thread has.
inline void group_norm_backward(const GroupNormSettings& settings, const kernels::Backward<float>& a, int n, int g) {
    const View<const float>&x = a.input, &dy = a.output_gradient;
    const int size = settings.group_size(), first = g * size;
    const Vector mean = broadcast(a.saved[2 * (n * settings.groups + g)]);
    const Vector inverse = broadcast(a.saved[2 * (n * settings.groups + g) + 1]);
    const auto weight = [&](int c) { return settings.affine ? a.parameters[c] : 1.f; };
    double sum = 0, product = 0;
    for (int c = first; c < first + size; ++c) {
        double of_channel = 0, product_of_channel = 0;
        plane_sums(x.shape(), of_channel, product_of_channel, [&](int i, int j, int count, Vector& u, Vector& v) {
            const Vector gradient = keep_counted(load(dy.row(n, c, i) + j), count);
            u += gradient;
            v += gradient * (load(x.row(n, c, i) + j) - mean) * inverse;
        });
        sum += of_channel * static_cast<double>(weight(c));
        product += product_of_channel * static_cast<double>(weight(c));
        if (!settings.affine || !a.parameter_gradients) continue;
        a.parameter_gradients[c] += static_cast<float>(product_of_channel);
        a.parameter_gradients[settings.channels + c] += static_cast<float>(of_channel);
    }
    if (!a.input_gradient.data) return;
    const double pixels = static_cast<double>(size) * static_cast<double>(x.shape().area());
    const Vector mean_gradient = broadcast(static_cast<float>(sum / pixels));
    const Vector mean_product = broadcast(static_cast<float>(product / pixels));
    for (int c = first; c < first + size; ++c)
        for (int i = 0; i < x.height; ++i)
            for_vectors(x.width, [&](int j, int count) {
                const Vector normalised = (load(x.row(n, c, i) + j) - mean) * inverse;
                const Vector weighted = load(dy.row(n, c, i) + j) * broadcast(weight(c));
                const Vector dx = inverse * (weighted - mean_gradient - normalised * mean_product);
                float* to = a.input_gradient.row(n, c, i) + j;
                store_tail(to, a.accumulate ? load(to) + dx : dx, count, true);
            });
}

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA

// g++ 12 takes kernels::Kernel<..., L> outside of this namespace for another constrained specialisation.
namespace depix::kernels {

template <detail::GroupNormLayer L>
struct Kernel<Cpu, L> {
    static constexpr cpu::GroupNormSettings settings{L::in_channels, L::groups, L::epsilon, L::affine};

    static void forward(const Forward<float>& a, cpu::Team team) { cpu::group_norm_forward(settings, a, team); }
    static void backward(const Backward<float>& a, cpu::Team team) {
        const cpu::Part part = team.share(settings.groups);
        for (int g = part.first; g < part.last; ++g)
            for (int n = 0; n < a.input.batch; ++n) cpu::group_norm_backward(settings, a, n, g);
    }
};

}  // namespace depix::kernels
