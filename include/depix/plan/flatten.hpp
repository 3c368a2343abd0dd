// flatten: turns a network's type into a plan with one step for each layer.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

#include "depix/network/skip.hpp"
#include "depix/network/split.hpp"
#include "depix/network/tap.hpp"
#include "depix/plan/plan.hpp"

namespace depix {

namespace detail {

// A visitor that counts tensors and steps, so that the plan's arrays have the right size.
struct CountingVisitor {
    std::size_t tensors = 1;
    std::size_t steps = 0;
    std::size_t taps = 0;
    std::size_t uses = 0;

    constexpr void enter(const char*) {}
    constexpr void enter(int) {}
    constexpr void leave() {}
    template <Layer L>
    constexpr int layer(int) {
        return count();
    }
    template <class Join>
    constexpr int join(int, int) {
        return count();
    }
    constexpr void tap(const char*, int) { ++taps; }
    template <int>
    constexpr int use(const char*) {
        ++uses;
        return 0;
    }
    constexpr int count() {
        ++steps;
        return static_cast<int>(tensors++);
    }
};

// The maps at the Taps of a network, for visitors.
template <std::size_t Capacity>
struct TappedMaps {
    struct Tapped {
        const char* name = "";
        int tensor = -1;
    };
    std::array<Tapped, Capacity> tapped{};
    std::size_t count = 0;

    constexpr void add(const char* name, int tensor) {
        if (count < Capacity) tapped[count++] = {name, tensor};
    }
    /// The tensor at the last tap of this name; -1 if there is none.
    constexpr int find(std::string_view name) const {
        for (std::size_t i = count; i > 0; --i)
            if (name == tapped[i - 1].name) return tapped[i - 1].tensor;
        return -1;
    }
};

// What a Use asks for that the network does not have.
enum class TapFault { None, NoSuchTap, OtherChannels };

// A visitor that appends one step for every layer.
template <class PlanType, std::size_t TapCount>
struct FlattenVisitor {
    PlanType& plan;
    TappedMaps<TapCount> taps{};
    TapFault fault = TapFault::None;
    std::size_t parameters = 0;
    std::size_t statistics = 0;

    constexpr void enter(const char*) {}
    constexpr void enter(int) {}
    constexpr void leave() {}

    template <Layer L>
    constexpr int layer(int input) {
        const LayerInfo& info = layer_info<L>;
        const PlanLayer part{&info, parameters, statistics, true};
        parameters += info.parameter_count;
        statistics += info.statistic_count;
        return append({.layer = part, .input = input}, L::out_channels(plan.tensor(input).channels));
    }
    template <class Join>
    constexpr int join(int a, int b) {
        const int channels = Join::joined_channels(plan.tensor(a).channels, plan.tensor(b).channels);
        return append({.layer = {.info = &layer_info<Join>, .present = true}, .input = a, .other = b}, channels);
    }

    constexpr void tap(const char* name, int tensor) { taps.add(name, tensor); }
    template <int Channels>
    constexpr int use(const char* name) {
        const int tensor = taps.find(name);
        if (tensor < 0)
            fault = TapFault::NoSuchTap;
        else if (plan.tensor(tensor).channels != Channels)
            fault = TapFault::OtherChannels;
        return tensor < 0 ? 0 : tensor;
    }

  private:
    constexpr int append(PlanStep step, int channels) {
        step.output = plan.tensor_count++;
        // Each member is set by itself, because in an assignment nvcc 13 loses the names of a braced list.
        plan.tensor(step.output).channels = channels;
        plan.tensor(step.output).producer = plan.step_count;
        ++plan.tensor(step.input).consumers;
        if (step.other >= 0) ++plan.tensor(step.other).consumers;
        plan.step(plan.step_count++) = step;
        return step.output;
    }
};

template <Module Network>
constexpr CountingVisitor count_layers() {
    CountingVisitor visitor;
    walk<Network>(visitor, 0);
    return visitor;
}

// The plan, and what is wrong with its taps.
template <Module Network>
constexpr auto flatten_with_taps() {
    constexpr CountingVisitor count = count_layers<Network>();
    Plan<count.tensors, count.steps> plan;
    plan.tensor_count = 1;
    plan.tensor(0).channels = Network::in_channels;
    FlattenVisitor<decltype(plan), count.taps> visitor{plan};
    plan.output = walk<Network>(visitor, 0);
    ++plan.tensor(plan.output).consumers;
    return std::pair(plan, visitor.fault);
}

}  // namespace detail

/// The network as it is written: one step for each layer, nothing fused, every tensor in memory of its own.
template <Module Network>
constexpr auto flatten() {
    static_assert(Network::in_channels > 0,
                  "depix: a network begins with a layer that says how many channels it takes");
    if constexpr (detail::count_layers<Network>().uses > 0) {
        constexpr detail::TapFault fault = detail::flatten_with_taps<Network>().second;
        static_assert(fault != detail::TapFault::NoSuchTap, "depix: Use<Name, ...>: no Tap<Name> stands before it");
        static_assert(fault != detail::TapFault::OtherChannels,
                      "depix: Use<Name, Channels>: the map at Tap<Name> has another number of channels");
    }
    return detail::flatten_with_taps<Network>().first;
}

}  // namespace depix
