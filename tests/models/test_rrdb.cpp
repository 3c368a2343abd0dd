// RRDB against PyTorch's golden files: outputs, gradients, three steps of Adam.
#include "depix/models/rrdb.hpp"

#include "golden_check.hpp"

using namespace depix_test;

using Small = RRDB<2, 2>;

TEST_CASE("the type says what is published") {
    using Published = RRDB<>;
    static_assert(Published::parameter_count == 38549123);
    static_assert(Published::output({3, 24, 24}) == Shape{3, 96, 96});
    static_assert(Published::output({3, 7, 5}) == Shape{3, 28, 20});
    static_assert(Published::size_multiple == 1);
    static_assert(receptive_field<Published>() == 699);
    static_assert(layers_of<Published>::size == 13);  // for any number of blocks, since each is compiled once
    static_assert(RRDB<32, 6, 1>::output({1, 24, 24}) == Shape{1, 96, 96});
}

TEST_CASE("outputs agree with PyTorch") {
    const std::string path = shipped + "rrdb.safetensors";
    check_output<Small, Cpu, float>(path);
    check_output<Small, Reference, float>(path);
    check_output<Small, Reference, double>(path);
    check_names<Small>(path);
}

TEST_CASE("training agrees with PyTorch") {
    const std::string path = shipped + "rrdb_step.safetensors";
    check_training<Small, Cpu, float>(path);
    check_training<Small, Reference, double>(path);
}
