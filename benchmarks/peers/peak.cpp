// The peak of the race: how fast this processor makes fused multiply-adds on registers, with all threads at once.
//
//     peak THREADS     (protocol: worker.hpp; announces how many operations, two for each multiply-add, one run makes)
#include <array>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "depix/kernels/cpu/cpu.hpp"
#include "worker.hpp"

namespace {

using namespace depix;

// There are more chains than any processor has multiply-adds in flight (two units of four or five cycles each), and few
// enough to stay in 16 registers together with the two constants.
constexpr std::size_t chains = 12;
constexpr long steps = 1'000'000;
constexpr double operations = 2.0 * chains * cpu::vector_width * steps;  // of one thread

// Every chain starts at another value, because the compiler would otherwise merge them all. Each goes to 1 and stays
// there, so that nothing overflows, and nothing becomes so small that it is slow.
template <std::size_t... I>
float multiply_add(std::index_sequence<I...>) {
    std::array<cpu::Vector, chains> values{cpu::broadcast(static_cast<float>(I))...};
    const cpu::Vector factor = cpu::broadcast(0.75f), summand = cpu::broadcast(0.25f);
    for (long step = 0; step < steps; ++step) ((values[I] = values[I] * factor + summand), ...);
    return (values[I][0] + ...);
}

}  // namespace

int main(int count, char** arguments) {
    const int threads = count > 1 ? std::max(1, std::atoi(arguments[1])) : 1;
    const auto step = [&] {
        cpu::run_team(threads, [](cpu::Team) {
            // The result is volatile, so that the compiler may not leave the loop out.
            [[maybe_unused]] volatile float sum = multiply_add(std::make_index_sequence<chains>{});
        });
    };
    step();
    char facts[48];
    std::snprintf(facts, sizeof facts, "{\"operations\": %.0f}", operations * threads);
    peers::announce(facts);
    peers::serve(step);
}
