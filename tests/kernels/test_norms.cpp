// Layers that normalise each picture by itself, on Reference and Cpu: the table's rows, and what it cannot test.
#include "layer_check.hpp"

using namespace depix_test;

TEST_CASE("every norm of the table") { LayerTable(check_layer_of).norms(); }

TEST_CASE("shapes, parameters and what the planner is told") {
    static_assert(LayerNorm2d<4>::output({4, 5, 7}) == Shape{4, 5, 7});
    static_assert(layer_info<LayerNorm2d<4>>.parameter_count == 8);
    static_assert(receptive_field<Sequential<Conv<3, 4>, LayerNorm2d<4>, Conv<4, 3>>>() == 5);
    static_assert(layer_info<InstanceNorm<4>>.parameter_count == 0);
    static_assert(layer_info<InstanceNorm<4, Affine<true>>>.parameter_count == 8);
    static_assert(layer_info<GroupNorm<2, 4>>.parameter_count == 8);
    static_assert(layer_info<GroupNorm<2, 4, NoAffine>>.parameter_count == 0);
    static_assert(receptive_field<Sequential<Conv<3, 4>, GroupNorm<2, 4>, Conv<4, 3>>>() == whole_image);
    static_assert(is_global<Sequential<Conv<3, 4>, InstanceNorm<4>>>());
}

TEST_CASE("norms of maps whose mean is large and whose deviation is small") {
    // (x - mean) / deviation of x = 1000 + noise: x itself has 2^-24 * 1000 of rounding, 6e-5 of the deviation, and the
    // result must not be much worse.
    Random random(9);
    const Shape shape{16, 17, 37};
    const cpu::MapLayout layout(shape, 0);
    AlignedMemory<float> from, to;
    from.reserve(static_cast<std::size_t>(layout.size));
    to.reserve(static_cast<std::size_t>(layout.size));
    const View<float> x = cpu::map_view(from.data(), 1, shape, layout), y = cpu::map_view(to.data(), 1, shape, layout);
    std::vector<double> exact_memory(shape.size()), result_memory(shape.size());
    const View<double> exact(exact_memory.data(), 1, shape), result(result_memory.data(), 1, shape);
    for (int c = 0; c < shape.channels; ++c)
        for (int i = 0; i < shape.height; ++i)
            for (int j = 0; j < shape.width; ++j) {
                x(0, c, i, j) = static_cast<float>(1000 + random.uniform(-1, 1));
                exact(0, c, i, j) = x(0, c, i, j);
            }
    const auto check = [&]<class L>(L) {
        std::vector<float> ones(32);
        std::fill_n(ones.begin(), 16, 1.f);
        const std::vector<double> exact_ones(ones.begin(), ones.end());
        kernels::Forward<double> reference_call;
        reference_call.input = exact;
        reference_call.output = result;
        reference_call.parameters = exact_ones.data();
        kernels::Kernel<Reference, L>::forward(reference_call);
        kernels::Forward<float> call;
        call.input = x;
        call.output = y;
        call.parameters = ones.data();
        kernels::Kernel<Cpu, L>::forward(call, cpu::Team{});
        CHECK(largest_difference(y, result) < 2e-4);
    };
    check(LayerNorm2d<16>{});
    check(InstanceNorm<16>{});
    check(GroupNorm<2, 16>{});
}

TEST_CASE("1 / sqrt on Cpu is as accurate as it says") {
    double worst = 0;
    for (float x = 1e-30f; x < 1e30f; x *= 1.0001f)
        worst = std::max(worst, std::fabs(static_cast<double>(cpu::reciprocal_root(cpu::broadcast(x))[0]) *
                                              std::sqrt(static_cast<double>(x)) -
                                          1));
    CHECK(worst <= 2 * 0x1p-23);
    CHECK(std::isnan(cpu::reciprocal_root(cpu::broadcast(NAN))[0]));
}
