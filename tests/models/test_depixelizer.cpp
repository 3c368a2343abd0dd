// The depixelizer against PyTorch's golden files: outputs, gradients, three steps of Adam, on both CPU backends.
#include "golden_check.hpp"

using namespace depix_test;

namespace {

bool before_batch_norm(const std::string& name) {
    return name.ends_with(".bias") && name.find("encoder.0.") + name.find("encoder.4.") + name.find("encoder.8.") +
                                              name.find("decoder.0.") + name.find("decoder.3.") +
                                              name.find("decoder.6.") !=
                                          6 * std::string::npos;
}

}  // namespace

TEST_CASE("the types say what is published") {
    static_assert(Depixelizer::parameter_count == 5103);
    static_assert(Depixelizer::output({3, 64, 256}) == Shape{3, 64, 256});
    static_assert(Depixelizer::size_multiple == 8);
    static_assert(workspace_bytes<Depixelizer>({3, 64, 256}) < 512 * 1024);
    static_assert(receptive_field<Depixelizer>() == 22);
    constexpr auto table = summary<Depixelizer>({3, 64, 256});
    constexpr std::array<std::size_t, 12> expected{168, 12, 660, 24, 2616, 48, 1164, 24, 294, 12, 75, 6};
    constexpr bool equal = [&] {
        std::size_t next = 0;
        for (const SummaryRow& row : table.rows)
            if (row.parameters > 0 && (next >= expected.size() || row.parameters != expected[next++])) return false;
        return next == expected.size();
    }();
    static_assert(equal);
    static_assert(table.parameters == 5103);
}

TEST_CASE("Cpu agrees with PyTorch") {
    check_output<Depixelizer, Cpu, float>(shipped + "depixelizer.safetensors");
    check_output<Depixelizer, Cpu, float>(shared + "S0.safetensors");
    check_output<Depixelizer, Cpu, float>(shared + "S0_small.safetensors");
}
TEST_CASE("Reference agrees with PyTorch") {
    for (const std::string& path : {shipped + "depixelizer.safetensors", shared + "S0_small.safetensors"}) {
        check_output<Depixelizer, Reference, float>(path);
        check_output<Depixelizer, Reference, double>(path);
    }
}
TEST_CASE("training on Cpu agrees with PyTorch") {
    check_training<Depixelizer, Cpu, float>(shipped + "depixelizer_step.safetensors", before_batch_norm);
    check_training<Depixelizer, Cpu, float>(shared + "S0_step.safetensors", before_batch_norm);
}
// This is in double, because in float the textbook sums a batch number by number, which rounds far more than PyTorch
// does.
TEST_CASE("training on Reference agrees with PyTorch") {
    check_training<Depixelizer, Reference, double>(shipped + "depixelizer_step.safetensors", before_batch_norm);
    check_training<Depixelizer, Reference, double>(shared + "S0_step.safetensors", before_batch_norm);
}

TEST_CASE("the names are PyTorch's") { check_names<Depixelizer>(shipped + "depixelizer.safetensors"); }
