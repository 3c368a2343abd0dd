// What Trainer asks of a backend: how it lays out maps, and how it runs a layer.
#pragma once

#include <cstddef>

#include "depix/kernels/cpu/engine.hpp"
#include "depix/kernels/reference/engine.hpp"

namespace depix {

namespace detail {

/// How a backend lays out the maps of training, and runs a layer.
template <class Backend>
struct TrainingBackend {  // Reference: close together, one thread
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
    static void forward(const Call& call, Team) {
        Kernel<Backend, L>::forward(call);
    }
    template <Layer L, class Call>
    static void backward(const Call& call, Team) {
        Kernel<Backend, L>::backward(call);
    }
    template <class Work>
    static void run(int, Work&& work) {
        work(Team{});
    }
};

template <>
struct TrainingBackend<Cpu> {
    static View<float> lay_out(float* memory, int batch, Shape shape, int halo) {
        return map_view(memory, batch, shape, MapLayout(shape, halo));
    }
    static std::size_t size(int batch, Shape shape, int halo) {
        return static_cast<std::size_t>(batch) * static_cast<std::size_t>(MapLayout(shape, halo).size);
    }
    template <Layer L>
    static std::size_t scratch_size(int batch, Shape input, int threads) {
        if constexpr (requires { Kernel<Cpu, L>::scratch_size(batch, input, threads); })
            return Kernel<Cpu, L>::scratch_size(batch, input, threads);
        else
            return 0;
    }
    template <Layer L>
    static void forward(const Forward<float>& call, Team team) {
        Kernel<Cpu, L>::forward(call, team);
    }
    template <Layer L>
    static void backward(const Backward<float>& call, Team team) {
        Kernel<Cpu, L>::backward(call, team);
    }
    template <class Work>
    static void run(int threads, Work&& work) {
        run_team(threads, work);
    }
};

}  // namespace detail

}  // namespace depix
