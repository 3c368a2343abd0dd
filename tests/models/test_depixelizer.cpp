// The depixelizer against PyTorch's golden files: outputs, gradients, three steps of Adam, on both CPU backends.
#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <map>

#include "depix/depix.hpp"

using namespace depix;

namespace {

// Small files that ship with the tests, and large ones that only the project's own machines have.
const std::string shipped = std::string(DEPIX_SOURCE_DIR) + "/tests/golden/";
const std::string shared = std::string(DEPIX_SHARED_DIR) + "/golden/";

bool have(const std::string& path) {
    if (std::filesystem::exists(path)) return true;
    MESSAGE("skipped: no " << path);
    return false;
}

double largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
    REQUIRE(a.size() == b.size());
    double largest = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        largest = std::max(largest, std::fabs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
    return largest;
}

Tensor<float> tensor(const SafetensorsFile& file, const std::string& name) {
    const auto shape = file.shape(name);
    REQUIRE(shape.size() == 4);
    const auto size = [&](int i) { return static_cast<int>(shape[static_cast<std::size_t>(i)]); };
    Tensor<float> result(size(0), {size(1), size(2), size(3)});
    result.data = file.values<float>(name);
    return result;
}

template <class T>
Tensor<T> convert(const Tensor<float>& from) {
    Tensor<T> to(from.batch, from.shape);
    std::copy(from.data.begin(), from.data.end(), to.data.begin());
    return to;
}

template <class Backend, class T>
void check_output(const std::string& path) {
    if (!have(path)) return;
    const SafetensorsFile file = SafetensorsFile::read(path);
    Model<Depixelizer, T> model;
    load(model, path, {.prefix = "w."});
    const Inference<Depixelizer, Backend, T> restore{model};
    const Tensor<T> output = restore(convert<T>(tensor(file, "input")));
    const std::vector<float> result(output.data.begin(), output.data.end());
    const std::vector<float> exact = file.values<float>("output_f64");
    // The yardstick: PyTorch's own rounding error on this picture. Another order of summation may be a few times worse.
    const double pytorch = largest_difference(file.values<float>("output"), exact);
    CHECK(largest_difference(result, exact) <= 4 * pytorch);
}

// Biases in front of a batch norm have no gradient but rounding noise, which Adam's first step turns into a whole step.
bool before_batch_norm(const std::string& name) {
    return name.ends_with(".bias") && name.find("encoder.0.") + name.find("encoder.4.") + name.find("encoder.8.") +
                                              name.find("decoder.0.") + name.find("decoder.3.") +
                                              name.find("decoder.6.") !=
                                          6 * std::string::npos;
}

template <class Backend, class T>
void check_training(const std::string& path) {
    if (!have(path)) return;
    const SafetensorsFile file = SafetensorsFile::read(path);
    Model<Depixelizer, T> model;
    load(model, path, {.prefix = "w."});
    const Tensor<T> input = convert<T>(tensor(file, "input")), target = convert<T>(tensor(file, "target"));
    const double learning_rate = 1e-3;
    Trainer trainer{model, MeanSquaredError{}, Adam{.learning_rate = learning_rate}, Backend{}};

    const std::vector<float> losses = file.values<float>("losses");
    const double exact_loss = file.values<double>("loss_f64")[0];
    for (std::size_t step = 0; step < 3; ++step) {
        const double loss = trainer.step(input, target);
        // A mean over 200,000 squares; PyTorch's own is off by 1e-7 of it.
        CHECK(loss == doctest::Approx(step == 0 ? exact_loss : static_cast<double>(losses[step])).epsilon(2e-6));

        if (step == 0) {
            for (const auto& gradient : model.name_parameters(trainer.gradients())) {
                CAPTURE(gradient.name);
                const std::vector<float> exact = file.values<float>("g64." + gradient.name);
                const double pytorch = largest_difference(file.values<float>("g." + gradient.name), exact);
                const std::vector<float> own(gradient.values.begin(), gradient.values.end());
                // A few times PyTorch's error; where that is 0 by luck (three values), one unit in the last place
                // (2^-23) of the largest gradient, without which no float result can differ at all.
                const double unit = 1.2e-7 * largest_difference(exact, std::vector<float>(exact.size()));
                CHECK(largest_difference(own, exact) <= 4 * pytorch + unit);
            }
        }
        if (step == 1) continue;
        const std::string prefix = step == 0 ? "p1." : "p3.";
        for (const auto& parameter : model.tensors()) {
            CAPTURE(parameter.name);
            const std::vector<float> own(parameter.values.begin(), parameter.values.end());
            const std::vector<float> expected = file.values<float>(prefix + parameter.name);
            const auto steps = static_cast<double>(step + 1);
            if (before_batch_norm(parameter.name)) {
                const std::vector<float> before = file.values<float>("w." + parameter.name);
                CHECK(largest_difference(own, before) <= steps * learning_rate * 1.001);
            } else if (!parameter.trainable) {
                // The noise in the biases moves the running mean along: 0.1 of at most two steps, and float's rounding.
                CHECK(largest_difference(own, expected) <= 0.1 * 2 * 2 * learning_rate * (steps - 1) + 1e-6);
            } else {
                // Adam divides a gradient by its own size: where it is small, its relative error is what moves.
                CHECK(largest_difference(own, expected) <= steps * learning_rate * 0.02);
            }
        }
    }
    for (const auto& counter : model.counters())
        CHECK(counter.values[0] == file.values<std::int64_t>("p3." + counter.name)[0]);
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
    check_output<Cpu, float>(shipped + "depixelizer.safetensors");
    check_output<Cpu, float>(shared + "S0.safetensors");
    check_output<Cpu, float>(shared + "S0_small.safetensors");
}
TEST_CASE("Reference agrees with PyTorch") {
    for (const std::string& path : {shipped + "depixelizer.safetensors", shared + "S0_small.safetensors"}) {
        check_output<Reference, float>(path);
        check_output<Reference, double>(path);
    }
}
TEST_CASE("training on Cpu agrees with PyTorch") {
    check_training<Cpu, float>(shipped + "depixelizer_step.safetensors");
    check_training<Cpu, float>(shared + "S0_step.safetensors");
}
// In double: in float the textbook adds up a batch number by number, whose rounding is far above PyTorch's.
TEST_CASE("training on Reference agrees with PyTorch") {
    check_training<Reference, double>(shipped + "depixelizer_step.safetensors");
    check_training<Reference, double>(shared + "S0_step.safetensors");
}

TEST_CASE("the names are PyTorch's") {
    const SafetensorsFile file = SafetensorsFile::read(shipped + "depixelizer.safetensors");
    Model<Depixelizer> model;
    for (const auto& tensor : model.tensors()) {
        CAPTURE(tensor.name);
        REQUIRE(file.contains("w." + tensor.name));
        CHECK(file.shape("w." + tensor.name) == tensor.shape);
    }
}
