// What Trainer needs from a backend: its plan, how it lays out maps, and how it runs a layer.
#pragma once

#include <cstddef>

#include "depix/kernels/cpu/engine.hpp"
#include "depix/kernels/reference/engine.hpp"
#include "depix/plan/passes.hpp"

namespace depix {

namespace detail {

/// A backend's training plan, its layout of the maps, and how it runs a step.
template <class Backend>
struct TrainingBackend {  // Reference: one step per layer, maps without gaps, one thread
    static constexpr bool fuses = false;
    template <Module Network>
    static constexpr auto make_plan() {
        return plan_for_training<Network>();
    }
    template <class T>
    static View<T> lay_out(T* memory, int batch, Shape shape, int) {
        return {memory, batch, shape};
    }
    static std::size_t size(int batch, Shape shape, int) { return static_cast<std::size_t>(batch) * shape.size(); }
    template <Layer L>
    static std::size_t scratch_size(int, Shape, int) {
        return 0;
    }
    template <Layer L, class Call>
    static void forward(const Call& call, cpu::Team) {
        kernels::Kernel<Backend, L>::forward(call);
    }
    template <Layer L, class Call>
    static void backward(const Call& call, cpu::Team) {
        kernels::Kernel<Backend, L>::backward(call);
    }
    // The halves of a batch norm's kernel; a step in two halves lies on several machines (mpi/part_passes.hpp).
    template <Layer L, class Call>
    static void moments(const Call& call, double* moments, cpu::Team) {
        kernels::Kernel<Backend, L>::moments(call, moments);
    }
    template <Layer L, class Call>
    static void normalise(const Call& call, const double* moments, double count, cpu::Team) {
        kernels::Kernel<Backend, L>::normalise(call, moments, count);
    }
    template <Layer L, class Call>
    static void gradient_sums(const Call& call, double* sums, cpu::Team) {
        kernels::Kernel<Backend, L>::gradient_sums(call, sums);
    }
    template <Layer L, class Call>
    static void gradient(const Call& call, const double* sums, double count, cpu::Team) {
        kernels::Kernel<Backend, L>::gradient(call, sums, count);
    }
    template <class Work>
    static void run(int, Work&& work) {
        work(cpu::Team{});
    }
};

template <>
struct TrainingBackend<Cpu> {
    static constexpr bool fuses = true;
    template <Module Network>
    static constexpr auto make_plan() {
        return plan_for_fused_training<Network>();
    }
    static View<float> lay_out(float* memory, int batch, Shape shape, int halo) {
        return cpu::map_view(memory, batch, shape, cpu::MapLayout(shape, halo));
    }
    static std::size_t size(int batch, Shape shape, int halo) {
        return static_cast<std::size_t>(batch) * static_cast<std::size_t>(cpu::MapLayout(shape, halo).size);
    }
    template <Layer L>
    static std::size_t scratch_size(int batch, Shape input, int threads) {
        if constexpr (requires { kernels::Kernel<Cpu, L>::scratch_size(batch, input, threads); })
            return kernels::Kernel<Cpu, L>::scratch_size(batch, input, threads);
        else
            return 0;
    }
    template <Layer L>
    static void forward(const kernels::Forward<float>& call, cpu::Team team) {
        kernels::Kernel<Cpu, L>::forward(call, team);
    }
    template <Layer L>
    static void backward(const kernels::Backward<float>& call, cpu::Team team) {
        kernels::Kernel<Cpu, L>::backward(call, team);
    }
    template <Layer L>
    static void moments(const kernels::Forward<float>& call, double* moments, cpu::Team team) {
        kernels::Kernel<Cpu, L>::moments(call, moments, team);
    }
    template <Layer L>
    static void normalise(const kernels::Forward<float>& call, const double* moments, double count, cpu::Team team) {
        kernels::Kernel<Cpu, L>::normalise(call, moments, count, team);
    }
    template <Layer L>
    static void gradient_sums(const kernels::Backward<float>& call, double* sums, cpu::Team team) {
        kernels::Kernel<Cpu, L>::gradient_sums(call, sums, team);
    }
    template <Layer L>
    static void gradient(const kernels::Backward<float>& call, const double* sums, double count, cpu::Team team) {
        kernels::Kernel<Cpu, L>::gradient(call, sums, count, team);
    }
    /// Turns dy, the gradient of a rectifier's output y, into the gradient of its input.
    static void rectify_gradient(View<const float> y, kernels::Rectifier rectifier, View<float> dy, cpu::Team team) {
        cpu::share_rows(team, dy.batch, dy.height, [&](int n, int first, int last) {
            cpu::rectify_gradient_rows(y, rectifier, dy, n, first, last);
        });
    }
    template <class Work>
    static void run(int threads, Work&& work) {
        cpu::run_team(threads, work);
    }
};

}  // namespace detail

}  // namespace depix
